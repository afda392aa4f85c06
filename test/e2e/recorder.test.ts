import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../integration/eventually.js';
import { pcaps } from './support/bucket.js';
import { applyCapture, CAPTURES, captureThat, condition, inPhase, type Capture } from './support/captures.js';
import { cleanUp, readyDestination } from './support/destination.js';
import { apply, kubectl } from './support/kubectl.js';
import { account, numbers } from './support/packets.js';
import { freshNamespace, NODES, pod, podStatus, RECEIVER, runningPodIP, sendNumbers } from './support/workload.js';

const NS = 'e2e-recorder';
const NAME = 'recorder';
const [nodeA, nodeB] = NODES;
const PORT = 9000;
/** At 0.55 MB a second a ring of 5 MB turns after 10 s, and holds 10 s between two snapshots. */
const RATE = 1000;
const SENT = 25_000;
let spec: object;

afterAll(() => cleanUp(NS, 'e2e-recorder'), 240_000);

beforeAll(async () => {
  await freshNamespace(NS);
  const storage = await readyDestination('e2e-recorder');
  spec = { target: { podName: 'receiver' }, filter: `udp port ${PORT}`, duration: '0s', ring: { files: 6, fileSize: '1M' }, upload: { policy: 'OnDemand' }, ...storage };
  await apply(pod(NS, 'receiver', RECEIVER, { node: nodeA }));
  await runningPodIP(NS, 'receiver');
}, 240_000);

const snapshot = async (token: string): Promise<Capture> => {
  await kubectl(['annotate', '--overwrite', CAPTURES, NAME, '-n', NS, `packetcapture.dev/snapshot=${token}`]);
  return captureThat(NS, NAME, `snapshot ${token} is in the bucket`, (c) => c.status?.snapshots?.[0]?.token === token && c.status.snapshots[0].completionTime !== undefined);
};

const eventsOf = (reason: string): Promise<string> => kubectl(['get', 'events', '-n', NS, '--field-selector', `involvedObject.name=${NAME},reason=${reason}`, '-o', 'jsonpath={range .items[*]}{.message}{"\\n"}{end}']);

test('a flight recorder without an end: three snapshots and the stop bring every number once, from the first ring on', async () => {
  await applyCapture(NS, NAME, spec);
  const began = await inPhase(NS, NAME, 'Capturing');
  expect(condition(began, 'Delivered')).toMatchObject({ status: 'Unknown', reason: 'NothingToDeliver' });
  await apply(pod(NS, 'sender', sendNumbers(await runningPodIP(NS, 'receiver'), PORT, SENT, RATE), { node: nodeB, spec: { restartPolicy: 'Never' } }));
  await captureThat(NS, NAME, 'its ring has turned', (c) => (c.status?.packets?.released ?? 0) > 0);

  const first = await snapshot('one');
  expect(first.status).toMatchObject({ phase: 'Capturing', handled: { snapshot: 'one' }, run: { id: began.status?.run?.id } });
  expect(await pcaps(first.status?.run?.destination?.prefix ?? 'none')).toHaveLength(first.status?.files?.uploaded ?? -1);
  // What a GitOps tool does every few minutes.
  expect(await applyCapture(NS, NAME, spec)).toContain('unchanged');
  await snapshot('two');
  await eventually('the last number is sent', async () => (await podStatus(NS, 'sender'))?.status.phase === 'Succeeded', { timeoutMs: 60_000, everyMs: 300 });
  const third = await snapshot('three');
  expect(third.status?.snapshots?.map(({ token }) => token)).toEqual(['three', 'two', 'one']);
  expect(condition(third, 'Ready')).toMatchObject({ status: 'True', reason: 'Capturing', message: expect.stringContaining('last snapshot "three"') });
  expect(condition(third, 'Delivered')).toMatchObject({ status: 'True' });

  await kubectl(['annotate', CAPTURES, NAME, '-n', NS, `packetcapture.dev/stop=${third.status?.run?.id}`]);
  const done = await inPhase(NS, NAME, 'Complete');
  const { packets, snapshots, handled, run } = done.status ?? {};
  expect([handled, run?.stopReason, run?.id]).toEqual([{ snapshot: 'three', stop: run?.id }, 'Requested', began.status?.run?.id]);
  expect(condition(done, 'LossDetected')).toMatchObject({ status: 'False', reason: 'NoLoss' });
  expect(packets).toMatchObject({ pending: 0, lost: 0, droppedByKernel: 0, discarded: packets?.released });
  expect(snapshots?.reduce((sum, s) => sum + (s.packets?.uploaded ?? 0), 0)).toBe(packets?.uploaded);

  const found = await numbers(run?.destination?.prefix ?? 'none', PORT);
  const { missing, doubled } = account(found, SENT);
  // Also between two snapshots the ring turns, where they take longer than it holds.
  expect([missing.length, doubled]).toEqual([packets?.released, []]);
  // The first one brought a ring that was full: four closed files of 1 MB at least.
  expect(snapshots?.find(({ token }) => token === 'one')?.packets?.uploaded).toBeGreaterThan(6000);
  const told = (await eventsOf('SnapshotDelivered')).trim().split('\n');
  expect(['one', 'two', 'three'].map((token) => told.filter((line) => line.startsWith(`snapshot "${token}":`)).length)).toEqual([1, 1, 1]);
}, 180_000);

test('an annotation that is older than the run asks for nothing', async () => {
  await applyCapture(NS, 'older', spec, { annotations: { 'packetcapture.dev/snapshot': 'old' } });
  const object = await inPhase(NS, 'older', 'Capturing');
  expect(object.status).toMatchObject({ handled: { snapshot: 'old' } });
  expect(object.status?.snapshots).toBeUndefined();
  await kubectl(['delete', CAPTURES, 'older', '-n', NS, '--timeout=90s']);
}, 120_000);
