// kubectl pktcap as people use it: from start to the packets on their own disk, with the bundle that is shipped.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { capture } from './support/captures.js';
import { cleanUp, readyDestination } from './support/destination.js';
import { apply, kubectl } from './support/kubectl.js';
import { account, numbersInFiles } from './support/packets.js';
import { plugin, pluginSays } from './support/plugin.js';
import { freshNamespace, NODES, pod, RECEIVER, runningPodIP, runToEnd, sendNumbers } from './support/workload.js';

const NS = 'e2e-plugin';
const [nodeA, nodeB] = NODES;
const PORT = 9000;
/** 2.7 MB in 4 s: three files of 1 MB. */
const SENT = 5000;
const RATE = 1250;
let folder: string;

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await cleanUp(NS, NS);
}, 240_000);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plugin-'));
  await freshNamespace(NS);
  await Promise.all([readyDestination(NS), apply(pod(NS, 'receiver', RECEIVER, { node: nodeA })).then(() => runningPodIP(NS, 'receiver'))]);
}, 240_000);

const inNamespace = (args: string[]): string[] => ['-n', NS, ...args];
const start = (name: string, ...args: string[]): Promise<string> => pluginSays(inNamespace(['start', 'pod/receiver', '--name', name, '--filter', `udp port ${PORT}`, '--destination', NS, ...args]));
const waitFor = (name: string, ...args: string[]): ReturnType<typeof plugin> => plugin(inNamespace(['wait', name, '--timeout', '90s', ...args]));

/** Fetches a capture and numbers its datagrams; every path on standard output is a file of it. */
async function downloaded(name: string): Promise<{ missing: number[]; doubled: number[] }> {
  const files = (await pluginSays(inNamespace(['download', name, '-d', join(folder, name)]))).trim().split('\n');
  return account(await numbersInFiles(files.filter((file) => file.endsWith('.pcap')), PORT), SENT);
}

test('a capture and a flight recorder, started, watched, emptied, stopped and downloaded: every datagram is on the disk once', async () => {
  expect(await start('numbers', '-d', '5m', '--ring', '1M/30s')).toBe('packetcapture.packetcapture.dev/numbers created\n');
  expect(await start('recorder', '--recorder', '--ring', '1M/5')).toBe('packetcapture.packetcapture.dev/recorder created\n');
  for (const name of ['numbers', 'recorder']) expect(await waitFor(name, '--for=capturing')).toMatchObject({ code: 0 });
  expect(await plugin(inNamespace(['wait', 'numbers', '--timeout', '1s']))).toMatchObject({ code: 5 });

  const watched = plugin(inNamespace(['watch', 'numbers']));
  await runToEnd(NS, 'sender', sendNumbers(await runningPodIP(NS, 'receiver'), PORT, SENT, RATE), nodeB);

  const snapshot = await plugin(inNamespace(['snapshot', 'recorder', '--wait', '--timeout', '90s']));
  const [delivered] = (await capture(NS, 'recorder'))?.status?.snapshots ?? [];
  expect(snapshot).toMatchObject({ code: 0, stdout: expect.stringContaining(`${delivered?.token}\n`) });
  expect(delivered).toMatchObject({ packets: { captured: SENT, uploaded: SENT } });

  for (const name of ['numbers', 'recorder']) expect(await pluginSays(inNamespace(['stop', name]))).toContain('is asked to stop');
  for (const name of ['numbers', 'recorder']) expect(await waitFor(name)).toMatchObject({ code: 0 });
  const { status } = (await capture(NS, 'numbers')) ?? {};
  expect(status).toMatchObject({ phase: 'Complete', run: { stopReason: 'Requested' }, packets: { captured: SENT, lost: 0 } });

  const { code, stdout } = await watched;
  expect(code).toBe(0);
  expect(stdout).toContain(status?.run?.location);
  // Plain lines: nobody has to read what moves a cursor.
  expect(stdout).not.toContain('\u001b');
  expect(stdout).toContain('receiver');

  for (const name of ['numbers', 'recorder']) expect([name, await downloaded(name)]).toEqual([name, { missing: [], doubled: [] }]);
}, 180_000);

test('list has the rows and columns of kubectl get', async () => {
  /** Without the age, which has gone on. */
  const rows = (table: string): string[][] => table.trimEnd().split('\n').map((line) => line.trimEnd().split(/ {2,}/).slice(0, -1));
  expect(rows(await pluginSays(inNamespace(['list'])))).toEqual(rows(await kubectl(['get', 'packetcaptures.packetcapture.dev', '-n', NS])));
  expect((await pluginSays(inNamespace(['list', '-o', 'name']))).trim().split('\n').sort()).toEqual(['packetcapture.packetcapture.dev/numbers', 'packetcapture.packetcapture.dev/recorder']);
});

test('explain tells how many packets came, where they are and that none was lost, from status and manifests', async () => {
  const said = (await pluginSays(inNamespace(['explain', 'numbers']))).replace(/\s+/g, ' ');
  expect(said).toContain(`${SENT} packets captured in `);
  expect(said).toContain('all of them are in the bucket and were read back');
  expect(said).toContain((await capture(NS, 'numbers'))?.status?.run?.location);
  expect(said).toContain('and nothing was lost');
  expect(said).toContain('pod/receiver');
  expect(said).not.toContain('could not be seen');
});

test('check finds all in place', async () => {
  const { code, stdout } = await plugin(inNamespace(['check', '-o', 'json']));
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: { subject: string; result: string; message: string }[] };
  expect(code).toBe(ok ? 0 : 1);
  // Other tests have destinations of their own, on purpose also some that are not Ready.
  expect(checks.filter(({ subject, result }) => subject !== 'destinations' && result !== 'ok')).toEqual([]);
  expect(checks).toContainEqual({ subject: 'destinations', result: 'ok', message: `destination "${NS}" is Ready: BucketUsable` });
});

test('a filter that does not compile: wait says by its code that the capture failed', async () => {
  await pluginSays(inNamespace(['start', 'pod/receiver', '--name', 'broken', '--filter', 'tcp port 80 and', '--destination', NS]));
  expect(await waitFor('broken')).toMatchObject({ code: 4 });
}, 120_000);

test('what is not there has the exit code of that', async () => {
  for (const command of ['watch', 'wait', 'stop', 'snapshot', 'explain', 'download']) expect([command, (await plugin(inNamespace([command, 'nothing']))).code]).toEqual([command, 7]);
}, 60_000);
