// kubectl pktcap live, as people use it: through a pipe into tshark, on real pods, with and without the right to reach capture pods.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { LIVE_ANNOTATION, STOP_ANNOTATION } from '../../src/api/group.js';
import { eventually } from '../integration/eventually.js';
import { applyCapture, capture, captureThat, inPhase, type Capture, CAPTURES, waitComplete } from './support/captures.js';
import { cleanUp, readyDestination } from './support/destination.js';
import { apply, kubectl, list } from './support/kubectl.js';
import { numbers } from './support/packets.js';
import { plugin, pluginFile, startPlugin } from './support/plugin.js';
import { NODES, freshNamespace, pod, RECEIVER, runningPodIP, sendNumbers } from './support/workload.js';

const NAMESPACE = 'e2e-live';
const DESTINATION = 'e2e-live';
const PORT = 9000;
const FILTER = `udp dst port ${PORT}`;
const EDITOR = 'e2e-live-editor';
let folder: string;
const running: ChildProcess[] = [];

beforeAll(async () => {
  pluginFile();
  folder = await mkdtemp(join(tmpdir(), 'live-'));
  await Promise.all([freshNamespace(NAMESPACE), readyDestination(DESTINATION)]);
  await apply(pod(NAMESPACE, 'receiver', RECEIVER, { node: NODES[0] }));
  const ip = await runningPodIP(NAMESPACE, 'receiver');
  // It goes on for longer than all tests take.
  await apply(pod(NAMESPACE, 'numbers', sendNumbers(ip, PORT, 1_000_000, 50), { node: NODES[1] }));
  await apply({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'editor', namespace: NAMESPACE },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: EDITOR }],
  });
}, 180_000);

afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
  await cleanUp(NAMESPACE, DESTINATION);
}, 180_000);

interface Piped {
  /** The numbers that tshark has read so far. */
  shown: () => number[];
  errors: () => Promise<string>;
  /** Ends tshark, and nothing else. */
  endReader: () => void;
  /** The plugin's exit code, once tshark has gone and the plugin after it. */
  code: Promise<number>;
}

/** `kubectl pktcap live … | tshark -i - -c COUNT`, with a pipe as a shell makes it. */
function liveIntoTshark(args: string[], count: number): Piped {
  const errors = join(folder, `${running.length}.stderr`);
  const script = '{ "$0" "$@" 2>"$ERRORS"; echo "exit $?" >&2; } | tshark -n -l -i - -c "$COUNT" -T fields -e udp.payload 2>/dev/null';
  const child = spawn('sh', ['-c', script, process.execPath, pluginFile(), ...args], { env: { ...process.env, NODE_OPTIONS: '', ERRORS: errors, COUNT: String(count) }, stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000, killSignal: 'SIGKILL' });
  running.push(child);
  let [out, said] = ['', ''];
  child.stdout.on('data', (text) => (out += String(text)));
  child.stderr.on('data', (text) => (said += String(text)));
  const code = new Promise<number>((resolve) => child.on('close', () => resolve(Number(/exit (\d+)/.exec(said)?.[1] ?? NaN))));
  return { shown: () => out.split('\n').slice(0, -1).map(numberOf), errors: () => readFile(errors, 'utf8').catch(() => ''), endReader: () => void spawn('pkill', ['-INT', '-P', String(child.pid), 'tshark']), code };
}

const numberOf = (payload: string): number => Number(Buffer.from(payload.replaceAll(':', ''), 'hex').subarray(0, 10).toString());
const live = (): Promise<Capture[]> => list<Capture>(CAPTURES, NAMESPACE).then((all) => all.filter(({ metadata }) => metadata.name.startsWith('live-')));
const isConsecutive = (found: number[]): boolean => found.every((number, n) => n === 0 || number === (found[n - 1] as number) + 1);

test('a capture that live begins shows its packets while it runs; when the reader goes it ends, is removed, and its packets are in the bucket', async () => {
  const piped = liveIntoTshark(['live', 'pod/receiver', '-n', NAMESPACE, '--destination', DESTINATION, '--filter', FILTER], 1_000_000);
  await eventually('tshark shows packets', () => piped.shown().length > 40, { timeoutMs: 60_000 });
  const [during] = await live();
  expect(during?.status?.run?.stopTime).toBeUndefined();
  expect(during?.metadata.annotations?.[LIVE_ANNOTATION]).toMatch(/^[0-9a-f]{64}$/);
  piped.endReader();
  expect(await piped.code).toBe(0);
  expect(isConsecutive(piped.shown())).toBe(true);
  expect(await live()).toEqual([]);
  const errors = await piped.errors();
  const [, prefix = 'none'] = /delivered to s3:\/\/[^/]+\/(\S+)/.exec(errors) ?? [];
  const stored = await eventually('what was shown is in the bucket', async () => {
    const found = new Set(await numbers(prefix, PORT));
    return piped.shown().every((number) => found.has(number)) ? [...found] : undefined;
  }, { timeoutMs: 60_000, everyMs: 500 });
  // From the first packet of the capture on.
  expect(Math.min(...piped.shown())).toBe(Math.min(...stored));
}, 150_000);

test('a reader that goes while no packet comes ends it too', async () => {
  const piped = liveIntoTshark(['live', 'pod/receiver', '-n', NAMESPACE, '--destination', DESTINATION, '--filter', 'udp dst port 1'], 1);
  await eventually('it captures', async () => (await live())[0]?.status?.phase === 'Capturing', { timeoutMs: 60_000, everyMs: 200 });
  piped.endReader();
  expect(await piped.code).toBe(0);
  expect(await live()).toEqual([]);
}, 120_000);

test('live NAME shows a capture that runs, alone, and leaves it as it was; what it showed is what the bucket has of that time', async () => {
  await applyCapture(NAMESPACE, 'running', { target: { podName: 'receiver' }, filter: FILTER, duration: '5m', storage: { destinationRef: { name: DESTINATION } } });
  await inPhase(NAMESPACE, 'running', 'Capturing');
  const file = join(folder, 'running.pcapng');
  const child = startPlugin(['live', 'running', '-n', NAMESPACE, '--from', 'start', '-w', file]);
  running.push(child);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await eventually('packets are in the file', async () => (await readFile(file).catch(() => Buffer.alloc(0))).length > 20_000, { timeoutMs: 60_000, everyMs: 200 });
  const second = await plugin(['live', 'running', '-n', NAMESPACE, '-w', join(folder, 'second.pcapng')]);
  expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining('--takeover') as unknown });
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  const after = await captureThat(NAMESPACE, 'running', 'no session is open', ({ status }) => status?.live === undefined);
  expect(after.metadata.annotations).not.toHaveProperty([LIVE_ANNOTATION]);
  expect(after.status?.phase).toBe('Capturing');
  await kubectl(['annotate', CAPTURES, 'running', '-n', NAMESPACE, `${STOP_ANNOTATION}=${after.status?.run?.id}`]);
  await waitComplete(NAMESPACE, 'running');
  const stored = await numbers((await capture(NAMESPACE, 'running'))?.status?.run?.destination?.prefix ?? 'none', PORT);
  const shown = (await tsharkReads(file)).map(numberOf);
  expect(shown.length).toBeGreaterThan(30);
  expect(shown).toEqual(stored.slice(0, shown.length));
}, 150_000);

test('who may not reach capture pods sees the packets file by file, is told which Role is missing, and leaves nothing behind either', async () => {
  const piped = liveIntoTshark(['--as', EDITOR, 'live', 'pod/receiver', '-n', NAMESPACE, '--destination', DESTINATION, '--filter', FILTER], 40);
  expect(await piped.code).toBe(0);
  expect(piped.shown()).toHaveLength(40);
  expect(isConsecutive(piped.shown())).toBe(true);
  const errors = await piped.errors();
  expect(errors.match(/packetcapture-live/g)).toHaveLength(1);
  expect(errors).not.toContain('Signature');
  expect(await live()).toEqual([]);
  expect(await list('capturedownloads.packetcapture.dev', NAMESPACE)).toEqual([]);
}, 150_000);

async function tsharkReads(file: string): Promise<string[]> {
  const child = spawn('tshark', ['-n', '-r', file, '-T', 'fields', '-e', 'udp.payload'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let out = '';
  child.stdout.on('data', (text) => (out += String(text)));
  await new Promise((resolve) => child.once('close', resolve));
  return out.split('\n').slice(0, -1);
}
