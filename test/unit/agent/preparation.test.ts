import { expect, test } from '@jest/globals';
import type { FileHandle } from 'node:fs/promises';
import { interfacesOf } from '../../../src/agent/netns/interfaces.js';
import { prepare } from '../../../src/agent/preparation.js';
import { LinkTypes } from '../../../src/agent/tcpdump/link-type.js';
import type { ChildResult, RunChild } from '../../../src/tcpdump/child.js';

const DEVICES = 'Inter-|   Receive\n face |bytes\n    lo: 0 0\n  eth0: 0 0\n';
const LINKS = '[{"ifindex":1,"ifname":"lo"},{"ifindex":2,"ifname":"eth0"}]';
const LINK_TYPES: Record<string, string> = { any: '  LINUX_SLL2 (Linux cooked v2)\n', eth0: '  EN10MB (Ethernet)\n' };

/** Children that answer when they are told to; `asked` is what they were begun for, in order. */
function children(): { run: RunChild; asked: string[]; answer: (name: string, result?: Partial<ChildResult>) => Promise<void> } {
  const open = new Map<string, (result: ChildResult) => void>();
  const asked: string[] = [];
  const run: RunChild = (argv) => {
    const name = argv.includes('-L') ? `type of ${argv.at(-2)}` : argv.includes('ip') ? 'links' : 'devices';
    asked.push(name);
    return new Promise((resolve) => open.set(name, resolve));
  };
  const outputs: Record<string, string> = { devices: DEVICES, links: LINKS };
  const answer = async (name: string, result: Partial<ChildResult> = {}): Promise<void> => {
    open.get(name)?.({ code: 0, signal: undefined, stderr: '', stdout: outputs[name] ?? LINK_TYPES[name.slice('type of '.length)] ?? '', ...result });
    await new Promise(setImmediate);
  };
  return { run, asked, answer };
}

const compiler = { problem: () => Promise.resolve(undefined) };
const netns = { fd: 7 } as FileHandle;
const prepared = (run: RunChild, device: string, linkTypes = new LinkTypes(run)): Promise<string> => prepare({ run, compiler, linkTypes }, netns, device, '');

test('asks for "any" its link type alone: no tcpdump waits for anything else', async () => {
  const { run, asked, answer } = children();
  const preparation = prepared(run, 'any');
  expect(asked).toEqual(['type of any']);
  await answer('type of any');
  expect(await preparation).toBe('LINUX_SLL2');
});

test('asks for the link type of "any" once, ahead of all targets', async () => {
  const { run, asked, answer } = children();
  const linkTypes = new LinkTypes(run);
  const ahead = linkTypes.any();
  const preparations = [prepared(run, 'any', linkTypes), prepared(run, 'any', linkTypes)];
  await answer('type of any');
  expect(await ahead).toBe('LINUX_SLL2');
  expect(await preparations[1]).toBe('LINUX_SLL2');
  expect(asked).toEqual(['type of any']);
});

test('asks for the link type of "any" again where it could not be told', async () => {
  const { run, asked, answer } = children();
  const linkTypes = new LinkTypes(run);
  const refused = expect(linkTypes.any()).rejects.toThrow('not now');
  await answer('type of any', { code: 1, stdout: '', stderr: 'tcpdump: not now\n' });
  await refused;
  const again = linkTypes.any();
  await answer('type of any');
  expect(await again).toBe('LINUX_SLL2');
  expect(asked).toEqual(['type of any', 'type of any']);
});

test('lets no tcpdump see a name before it is known to be an interface of the pod', async () => {
  const { run, asked, answer } = children();
  const preparation = prepared(run, 'eth0');
  expect(asked).toEqual(['devices']);
  await answer('devices');
  expect(asked).toEqual(['devices', 'type of eth0']);
  await answer('type of eth0');
  expect(await preparation).toBe('EN10MB');
});

test('lets no tcpdump see a name that is none', async () => {
  const { run, asked, answer } = children();
  const preparation = prepared(run, 'eth7');
  const refused = expect(preparation).rejects.toThrow('interface "eth7": the pod has no such interface; it has lo, eth0');
  await answer('devices');
  await refused;
  expect(asked).toEqual(['devices']);
});

test('fails where tcpdump cannot open the interface', async () => {
  const { run, answer } = children();
  const failing = expect(prepared(run, 'any')).rejects.toThrow('permission denied');
  await answer('type of any', { code: 1, stdout: '', stderr: 'tcpdump: permission denied\n' });
  await failing;
});

test('has the table of interfaces for the manifest, and goes on without it, which it says', async () => {
  const { run, answer } = children();
  const warnings: object[] = [];
  const log = { warn: (fields: object) => void warnings.push(fields) };
  const listed = interfacesOf(run, netns, log);
  await answer('links');
  expect([await listed, warnings]).toEqual([[{ index: 1, name: 'lo' }, { index: 2, name: 'eth0' }], []]);
  const unlisted = interfacesOf(run, netns, log);
  await answer('links', { code: 1, stdout: '', stderr: 'no ip here' });
  expect([await unlisted, warnings]).toEqual([[], [{ error: 'Error: ip -json link show: no ip here' }]]);
});
