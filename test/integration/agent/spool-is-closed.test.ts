// A spool holds packets of others: nobody but root reads it, and nothing that lies in it leads an agent out of it.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, lstatSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../eventually.js';
import { jobConfig, tcpdumpsOf, TestNode } from './harness/agent-process.js';
import { TestPod } from './harness/namespace.js';
import { send } from './harness/traffic.js';

const TORN = 7;
let pod: TestPod;
let node: TestNode;
beforeEach(() => {
  pod = new TestPod();
  pod.run();
  node = new TestNode(jobConfig({ ring: { fileSizeBytes: 1e6 } }));
  // As the kubelet makes it.
  chmodSync(node.spool, 0o755);
});
afterEach(async () => {
  await node.remove();
  pod.remove();
});

const within = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));

test('only root reads what an agent and its tcpdump write', async () => {
  node.bucketIsDown = true;
  const agent = node.start();
  agent.control({ targets: [pod.target] });
  await agent.untilCapturing();
  await send(pod, { count: 6000, perSecond: 4000, bytes: 400 });
  await agent.untilCaptured(6000);
  const paths = [node.spool, ...within(node.spool)];
  expect(paths.length).toBeGreaterThan(7);
  expect(paths.filter((path) => (statSync(path).mode & 0o077) !== 0)).toEqual([]);
}, 30_000);

test('links and devices that lie in a spool are removed: none is followed, opened, cut off, delivered or filled', async () => {
  node.bucketIsDown = true;
  const first = node.start();
  first.control({ targets: [pod.target] });
  await first.untilCapturing();
  await send(pod, { count: 300, perSecond: 3000 });
  await first.untilCaptured(300);
  const start = join(node.spool, 'captures', pod.target.name, '01-0001');
  await first.kill();
  await eventually('its tcpdump has ended', () => tcpdumpsOf(pod).length === 0);

  // What another run would keep beside this one: whole packets, and then a torn one, which a taken-over savefile is rid of.
  const others = join(node.folder, 'others');
  mkdirSync(others);
  const savefile = join(others, 'capture.');
  cpSync(join(start, 'capture.'), savefile);
  writeFileSync(savefile, 'x'.repeat(TORN), { flag: 'a' });
  for (const name of ['lock', 'segment', 'stderr']) writeFileSync(join(others, name), `of another: ${name}`);
  const before = within(others).map((path) => [path, readFileSync(path, 'latin1')]);

  symlinkSync(savefile, join(start, 'capture.1'));
  execFileSync('mkfifo', [join(start, 'capture.2')]);
  execFileSync('mknod', [join(start, 'capture.3'), 'c', '1', '5']);
  symlinkSync(others, join(node.spool, 'captures', pod.target.name, '01-0002'));
  mkdirSync(join(node.spool, 'captures', 'other'));
  symlinkSync(others, join(node.spool, 'captures', 'other', '01-0001'));
  rmSync(join(node.spool, 'segments'), { recursive: true, force: true });
  symlinkSync(others, join(node.spool, 'segments'));
  symlinkSync(join(others, 'made-by-a-checkpoint'), join(node.spool, 'journal.next'));
  rmSync(join(node.spool, 'lock'));
  symlinkSync(join(others, 'lock'), join(node.spool, 'lock'));

  node.bucketIsDown = false;
  const second = node.start('agent-2');
  second.control({ targets: [pod.target], attempt: 2, stop: { reason: 'Requested' } });
  expect((await second.exited) === 0 ? '' : second.stderr).toBe('');
  expect(within(others).map((path) => [path, readFileSync(path, 'latin1')])).toEqual(before);
  expect(node.records().map((r) => r.number)).toEqual(Array.from({ length: 300 }, (_, n) => n));
  expect(second.report).toMatchObject({ done: true, ledger: { packets: { captured: 300, uploaded: 300, pending: 0, discarded: 0 } } });
  expect(node.spoolFiles).toEqual([]);
}, 30_000);

test('a journal that is a link is none', async () => {
  const precious = join(node.folder, 'precious');
  writeFileSync(precious, 'of the node');
  symlinkSync(precious, join(node.spool, 'journal'));
  const agent = node.start();
  agent.control({ targets: [pod.target] });
  await agent.untilCapturing();
  expect(readFileSync(precious, 'utf8')).toBe('of the node');
  expect(lstatSync(join(node.spool, 'journal')).isFile()).toBe(true);
}, 30_000);
