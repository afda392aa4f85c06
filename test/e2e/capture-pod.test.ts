// What a capture pod has, seen from inside of it, and what capturing leaves in the target's namespace.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { applyCapture, inPhase, JOBS_NAMESPACE, podsOf, type Capture } from './support/captures.js';
import { cleanUp, readyDestination } from './support/destination.js';
import { apply, kubectl } from './support/kubectl.js';
import { numbers } from './support/packets.js';
import { exec, freshNamespace, NODES, pod, RECEIVER, RESTRICTED, runningPodIP, sendNumbers } from './support/workload.js';

const NS = 'e2e-capture-pod';
const NAMES = ['one', 'another'];
let captures: Capture[];
let agents: string[];
let before: Record<string, string>;

/** Every object of a namespace, of every kind that the API server serves, with its version. */
async function objectsIn(namespace: string): Promise<Record<string, string>> {
  const kinds = (await kubectl(['api-resources', '--verbs=list', '--namespaced', '-o', 'name'])).trim().split('\n');
  const { items } = JSON.parse(await kubectl(['get', kinds.join(), '-n', namespace, '-o', 'json'])) as { items: { kind: string; metadata: { name: string; resourceVersion: string } }[] };
  return Object.fromEntries(items.map(({ kind, metadata }) => [`${kind}/${metadata.name}`, metadata.resourceVersion]));
}
/** Tables of proc(5) that have a socket which takes from anybody: TCP_LISTEN is 0A, an unconnected UDP socket 07, and a unix socket says __SO_ACCEPTCON. */
async function listeningIn(namespace: string, name: string): Promise<string[]> {
  const text = await exec(namespace, name, ['sh', '-c', 'for t in tcp tcp6 udp udp6 raw raw6 unix packet; do sed "s/^/$t /" /proc/net/$t; done']);
  const rows = text.split('\n').map((line) => line.trim().split(/\s+/));
  const isHeader = ([, first = '']: string[]): boolean => ['sl', 'Num', 'sk'].includes(first);
  expect(rows.filter(isHeader).map(([table]) => table)).toEqual(expect.arrayContaining(['tcp', 'udp', 'raw', 'unix', 'packet']));
  return rows.flatMap((row) => {
    const [table = '', , , , state] = row;
    if (state === undefined || isHeader(row)) return [];
    const ofTable: Record<string, boolean> = { tcp: state === '0A', tcp6: state === '0A', udp: state === '07', udp6: state === '07', unix: state === '00010000' };
    return (ofTable[table] ?? true) ? [table] : [];
  });
}
const inAgent = (index: number, ...command: string[]): Promise<string> => exec(JOBS_NAMESPACE, agents[index] ?? '', command);

afterAll(() => cleanUp(NS, NS), 240_000);

beforeAll(async () => {
  await freshNamespace(NS);
  const storage = await readyDestination(NS);
  await apply(pod(NS, 'web', RECEIVER, { node: NODES[0], ...RESTRICTED }));
  await runningPodIP(NS, 'web');
  before = await objectsIn(NS);
  for (const name of NAMES) await applyCapture(NS, name, { target: { podName: 'web' }, filter: 'udp port 9001', duration: '0s', upload: { policy: 'OnDemand' }, ...storage });
  captures = await Promise.all(NAMES.map((name) => inPhase(NS, name, 'Capturing')));
  agents = (await Promise.all(captures.map(podsOf))).map(([agent]) => agent?.metadata.name ?? '');
}, 240_000);

test('it listens on nothing', async () => {
  expect(await listeningIn(JOBS_NAMESPACE, agents[0] ?? '')).toEqual([]);
  // The same look finds what listens in its target: the program's three sockets, and one of each tcpdump.
  expect(await listeningIn(NS, 'web')).toEqual(['tcp', 'udp', 'udp', 'packet', 'packet']);
}, 30_000);

test('it has no token, and of the node’s folders and of the runs only its own', async () => {
  const mounts = (await inAgent(0, 'cat', '/proc/self/mountinfo')).trim().split('\n').map((line) => line.split(' ')[4] ?? '');
  const expected = ['/spool', '/tmp', '/run/packetcapture/control', '/run/packetcapture/credentials'];
  expect(mounts).toEqual(expect.arrayContaining(expected));
  expect(mounts.filter((path) => !/^\/((proc|sys|dev)(\/.*)?|etc\/(hosts|hostname|resolv\.conf))?$/.test(path)).toSorted()).toEqual(expected.toSorted());

  const [own, other] = captures.map(({ metadata }) => metadata.uid) as [string, string];
  const seen = await inAgent(0, 'sh', '-c', 'env; cat /proc/self/mountinfo; ls -laR /spool/.. --ignore=proc --ignore=sys --ignore=dev --ignore=usr --ignore=lib; ls /var/lib/packetcapture 2>&1; true');
  expect(seen).toContain(own);
  expect(seen).toContain("'/var/lib/packetcapture': No such file or directory");
  expect(seen).not.toContain(other);
}, 30_000);

test('only root on the node reads its folder', async () => {
  expect(await inAgent(0, 'stat', '-c', '%a %u', '/spool')).toBe('700 0\n');
  expect(await inAgent(0, 'find', '/spool', '-name', 'journal')).toBe('/spool/journal\n');
  expect(await inAgent(0, 'find', '/spool', '-perm', '/077')).toBe('');
}, 30_000);

test('the target’s namespace has a capture and Events more, and nothing else has changed', async () => {
  await exec(NS, 'web', sendNumbers('127.0.0.1', 9001, 100, 500));
  await Promise.all(captures.map(({ metadata, status }) => kubectl(['annotate', 'packetcaptures.packetcapture.dev', metadata.name, '-n', NS, `packetcapture.dev/stop=${status?.run?.id}`])));
  const [{ status } = {}] = await Promise.all(NAMES.map((name) => inPhase(NS, name, 'Complete', 90_000)));
  expect(new Set(await numbers(status?.run?.destination?.prefix ?? 'none', 9001)).size).toBe(100);
  const after = await objectsIn(NS);
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => before[name] !== after[name]);
  expect(changed.filter((name) => !name.startsWith('Event/')).toSorted()).toEqual(NAMES.map((name) => `PacketCapture/${name}`).toSorted());
}, 120_000);
