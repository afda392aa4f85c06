import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../integration/eventually.js';
import { content, manifests, pcaps, sha256, type StoredObject } from './support/bucket.js';
import { CAPTURES, capture, captureThat, collected, condition, inPhase, jobsOf, podsOf, secretsOf, waitComplete, type Capture } from './support/captures.js';
import { demoDestination, demoPods, DEMO_NAMESPACE, documents } from './support/demo.js';
import { apply, kubectl } from './support/kubectl.js';
import { spoolFiles, stopSpoolWatch, watchSpools } from './support/node-files.js';
import { account, numbers } from './support/packets.js';
import { exec, IDLE, NODES, pod, podStatus, runningPodIP, sendNumbers } from './support/workload.js';

/** examples/capture-rotated.yaml under a name of its own: what tries all examples makes and removes them by theirs. */
const NAME = 'main-job';
const SENT = 20_000;
const PORT = 9001;
let done: Capture;
let stored: StoredObject[];
let prefix: string;

beforeAll(async () => {
  await demoPods();
  await demoDestination();
  await watchSpools();
  await kubectl(['delete', CAPTURES, NAME, '-n', DEMO_NAMESPACE, '--ignore-not-found', '--timeout=90s']);
  const receiver = await podStatus(DEMO_NAMESPACE, 'receiver');
  const otherNode = NODES.find((node) => node !== receiver?.spec.nodeName);
  await kubectl(['delete', 'pod', 'numbers', '-n', DEMO_NAMESPACE, '--ignore-not-found']);
  await apply(pod(DEMO_NAMESPACE, 'numbers', IDLE, { node: otherNode }));
  await runningPodIP(DEMO_NAMESPACE, 'numbers');
  const [example] = await documents('examples/capture-rotated.yaml');
  await apply({ ...example, metadata: { ...(example?.['metadata'] as object), name: NAME } });
  await inPhase(DEMO_NAMESPACE, NAME, 'Capturing');
  // In a pod that runs already: the example captures for half a minute.
  await exec(DEMO_NAMESPACE, 'numbers', sendNumbers(await runningPodIP(DEMO_NAMESPACE, 'receiver'), PORT, SENT, 2000));
  await waitComplete(DEMO_NAMESPACE, NAME);
  done = (await capture(DEMO_NAMESPACE, NAME)) as Capture;
  prefix = done.status?.run?.destination?.prefix ?? 'none';
  stored = await pcaps(prefix);
}, 240_000);

afterAll(() => stopSpoolWatch());

test('every datagram that another node sent is in the bucket exactly once', async () => {
  expect(account(await numbers(prefix, PORT), SENT)).toEqual({ missing: [], doubled: [] });
});

test('the ledger balances: everything captured was uploaded, and the status counts what the files hold', () => {
  const { packets, files, bytes } = done.status ?? {};
  expect(packets).toMatchObject({ uploaded: packets?.captured, pending: 0, discarded: 0 });
  expect(packets?.captured).toBeGreaterThanOrEqual(SENT);
  expect(files).toMatchObject({ captured: stored.length, uploaded: stored.length, pending: 0, discarded: 0 });
  expect(bytes?.uploaded).toBe(stored.reduce((sum, { size }) => sum + size, 0));
});

test('the ring was kept: files of 1 MB and one packet at most, and one every 2 seconds', () => {
  expect(stored.length).toBeGreaterThanOrEqual(10);
  expect(Math.max(...stored.map(({ size }) => size))).toBeLessThanOrEqual(1_000_000 + 65_536);
});

test('size and SHA-256 of every object are those of manifest and status', async () => {
  const [manifest] = [...(await manifests(prefix)).values()];
  expect(manifest).toMatchObject({ schemaVersion: 1, final: true, runID: done.status?.run?.id, gaps: [], segments: [] });
  // LINUX_SLL2 packets carry an index: without the table nobody would know of which interface.
  expect(manifest?.targets[0]?.interfaces.map(({ name }) => name)).toEqual(expect.arrayContaining(['lo', 'eth0']));
  const hashes = new Map(await Promise.all(stored.map(async ({ key, size }) => [key, { size, sha256: sha256(await content(key)) }] as const)));
  const listed = new Map(manifest?.files.map(({ key, size, sha256: hash }) => [key, { size, sha256: hash }]));
  expect(listed).toEqual(hashes);
  for (const file of done.status?.recentFiles ?? []) expect(hashes.get(file.key ?? '')).toEqual({ size: file.size, sha256: file.sha256 });
  expect(done.status?.recentFiles).toHaveLength(10);
});

test('keys are those that are fixed for ever', () => {
  const target = done.status?.targets?.[0]?.name ?? '';
  expect(prefix).toBe(`${prefix.split(DEMO_NAMESPACE)[0]}${DEMO_NAMESPACE}/${NAME}/${done.status?.run?.id}/`);
  expect(target).toMatch(/^receiver_[0-9a-f]{8}$/);
  stored.forEach(({ key }, n) => expect(key.slice(prefix.length)).toMatch(new RegExp(`^${target}/01-${String(n + 1).padStart(6, '0')}_[0-9]{8}T[0-9]{6}Z\\.pcap$`)));
});

test('the conditions tell the end of the story', () => {
  const said = Object.fromEntries((done.status?.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]));
  expect(said).toEqual({ Accepted: 'True Accepted', Capturing: 'False Duration', Delivered: 'True Delivered', LossDetected: 'False NoLoss', Complete: 'True AllTargets', Failed: 'False Complete', Finished: 'True Complete', Ready: 'True Complete' });
  expect(done.status?.run?.stopReason).toBe('Duration');
});

test('the finalizer is gone with the run', async () => {
  const settled = await captureThat(DEMO_NAMESPACE, NAME, 'no finalizer', (c) => (c.metadata.finalizers ?? []).length === 0);
  expect(condition(settled, 'Complete')?.status).toBe('True');
});

test('kubectl get and describe show it', async () => {
  const line = (await kubectl(['get', 'pktcap', NAME, '-n', DEMO_NAMESPACE, '-o', 'wide'])).split('\n');
  expect(line[0]?.split(/\s+/)).toEqual(expect.arrayContaining(['TARGET', 'PHASE', 'REASON', 'PACKETS', 'LOST', 'SIZE', 'AGE', 'FILES', 'NODES', 'STARTED', 'STOPREASON', 'LOCATION', 'FILTER']));
  expect(line[1]).toMatch(/pod\/receiver +Complete +Complete +[0-9]+ +0 +[0-9.]+M/);
  const story = await kubectl(['describe', 'pktcap', NAME, '-n', DEMO_NAMESPACE]);
  for (const reason of ['RunStarted', 'Capturing', 'Complete']) expect(story.match(new RegExp(`Normal +${reason} `, 'g'))).toHaveLength(1);
  expect(story).toContain(`its files go to ${done.status?.run?.location}`);
});

test("after the Jobs' time no Job, pod, Secret or file on a node is left", async () => {
  await collected(done);
  expect([await jobsOf(done), await podsOf(done), await secretsOf(done)]).toEqual([[], [], []]);
  await eventually('no file of the run is left on a node', async () => (await spoolFiles(done.metadata.uid)).length === 0, { timeoutMs: 30_000, everyMs: 500 });
}, 300_000);
