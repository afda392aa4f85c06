import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../integration/eventually.js';
import { manifests, pcaps } from './support/bucket.js';
import { applyCapture, CAPTURES, capture, captureThat, collected, condition, inPhase, jobsOf, recordOf, type Capture } from './support/captures.js';
import { cleanUp, readyDestination } from './support/destination.js';
import { apply, get, kubectl } from './support/kubectl.js';
import { numbers } from './support/packets.js';
import { freshNamespace, NODES, pod, RECEIVER, runningPodIP, sendNumbers } from './support/workload.js';

const NS = 'e2e-endings';
const [nodeA, nodeB] = NODES;
let storage: object;

/** A receiver, and a sender that talks to it for as long as any of these tests lasts. */
async function talkingPods(namespace: string): Promise<void> {
  await apply(pod(namespace, 'receiver', RECEIVER, { node: nodeA }));
  const ip = await runningPodIP(namespace, 'receiver');
  await apply(pod(namespace, 'sender', sendNumbers(ip, 9000, 100_000, 100), { node: nodeB, spec: { restartPolicy: 'Never' } }));
  await runningPodIP(namespace, 'sender');
}

const long = (overrides: object = {}): object => ({ target: { podName: 'receiver' }, filter: 'udp port 9000', duration: '10m', ring: { rotateInterval: '1s' }, ...storage, ...overrides });

const prefixOf = (object: Capture): string => object.status?.run?.destination?.prefix ?? 'none';

/** Capturing, with at least one file in the bucket. */
const delivering = (namespace: string, name: string): Promise<Capture> => captureThat(namespace, name, 'a first file is in the bucket', (c) => (c.status?.files?.uploaded ?? 0) > 0);

/** The bucket and the manifest of a run agree, and no number is there twice. */
async function delivered(prefix: string, stopReason: string): Promise<void> {
  const final = await eventually('a final manifest is in the bucket', async () => [...(await manifests(prefix)).values()].find((m) => m.final), { timeoutMs: 60_000, everyMs: 300 });
  expect(final.targets.map((t) => t.stopReason)).toEqual([stopReason]);
  expect(final.ledger.packets).toMatchObject({ pending: 0, discarded: 0 });
  expect((await pcaps(prefix)).map(({ key }) => key).sort()).toEqual(final.files.map(({ key }) => key).sort());
  const found = await numbers(prefix, 9000);
  expect(found.length).toBe(final.ledger.packets.uploaded);
  expect(new Set(found).size).toBe(found.length);
  expect(found.length).toBeGreaterThan(0);
}

afterAll(() => cleanUp(NS, 'e2e-endings'), 240_000);

beforeAll(async () => {
  await freshNamespace(NS);
  storage = await readyDestination('e2e-endings');
  await talkingPods(NS);
}, 240_000);

describe('a run is ended', () => {
  test('by the stop annotation, once, with what was captured in the bucket', async () => {
    await applyCapture(NS, 'stopped', long());
    const running = await delivering(NS, 'stopped');
    await kubectl(['annotate', CAPTURES, 'stopped', '-n', NS, `packetcapture.dev/stop=${running.status?.run?.id}`]);
    const done = await inPhase(NS, 'stopped', 'Complete');
    expect(done.status).toMatchObject({ run: { id: running.status?.run?.id, stopReason: 'Requested' }, handled: { stop: running.status?.run?.id }, packets: { pending: 0, discarded: 0, lost: 0 } });
    await delivered(prefixOf(done), 'Requested');
    // The annotation names that run only: the next one is not stopped by it.
    await applyCapture(NS, 'stopped', long({ runToken: '2' }), { annotations: { 'packetcapture.dev/stop': running.status?.run?.id } });
    const again = await captureThat(NS, 'stopped', 'a second run captures', (c) => c.status?.run?.id !== running.status?.run?.id && c.status?.phase === 'Capturing');
    expect(again.status?.previousRuns).toMatchObject([{ id: running.status?.run?.id, stopReason: 'Requested' }]);
    await kubectl(['delete', CAPTURES, 'stopped', '-n', NS, '--timeout=90s']);
  }, 180_000);

  test.each([
    ['maxPackets', { maxPackets: 50 }, 'MaxPackets'],
    ['maxSize', { maxSize: '20k' }, 'MaxSize'],
  ])('by %s', async (name, limit, reason) => {
    const object = name.toLowerCase();
    await applyCapture(NS, object, long(limit));
    const done = await inPhase(NS, object, 'Complete');
    expect(done.status?.run?.stopReason).toBe(reason);
    expect(done.status?.packets?.captured).toBeGreaterThanOrEqual(20);
    // At 100 packets a second it is noticed within seconds, not at the end of the ten minutes.
    expect(done.status?.packets?.captured).toBeLessThan(50 + 1500);
    await delivered(prefixOf(done), reason);
  }, 90_000);

  test('by deleting the object half-way: it uploads, then lets go, and leaves nothing behind', async () => {
    await applyCapture(NS, 'deleted', long());
    const running = await delivering(NS, 'deleted');
    await kubectl(['delete', CAPTURES, 'deleted', '-n', NS, '--timeout=90s']);
    await delivered(prefixOf(running), 'Deleted');
    await forgotten(running);
  }, 480_000);

  test('by deleting it with the finalizer taken off by hand: delivered all the same, and nothing stays', async () => {
    await applyCapture(NS, 'torn-off', long());
    const running = await delivering(NS, 'torn-off');
    await kubectl(['delete', CAPTURES, 'torn-off', '-n', NS, '--wait=false']);
    await kubectl(['patch', CAPTURES, 'torn-off', '-n', NS, '--type=merge', '-p', '{"metadata":{"finalizers":[]}}']).catch(() => undefined);
    await eventually('the object is gone', async () => (await capture(NS, 'torn-off')) === undefined, { everyMs: 200 });
    await delivered(prefixOf(running), 'Deleted');
    await forgotten(running);
  }, 480_000);

  test('by deleting its namespace', async () => {
    const namespace = 'e2e-doomed';
    await freshNamespace(namespace);
    await talkingPods(namespace);
    await applyCapture(namespace, 'doomed', long());
    const running = await delivering(namespace, 'doomed');
    await kubectl(['delete', 'namespace', namespace, '--timeout=150s']);
    await forgotten(running);
    expect((await pcaps(prefixOf(running))).length).toBeGreaterThan(0);
  }, 600_000);

  test('an object that is made again under the same name is another capture, with keys of its own', async () => {
    const short = long({ duration: '3s' });
    await applyCapture(NS, 'again', short);
    const first = await inPhase(NS, 'again', 'Complete');
    await kubectl(['delete', CAPTURES, 'again', '-n', NS, '--timeout=90s']);
    await applyCapture(NS, 'again', short);
    const second = await inPhase(NS, 'again', 'Complete');
    expect(prefixOf(second)).not.toBe(prefixOf(first));
    expect((await pcaps(prefixOf(first))).length).toBeGreaterThan(0);
  }, 120_000);
});

describe('a finished run stays finished', () => {
  test('whatever is applied that means the same, and with its status edited away', async () => {
    await applyCapture(NS, 'finished', long({ duration: '3s', ring: { rotateInterval: '60s' } }));
    const done = await inPhase(NS, 'finished', 'Complete');
    await applyCapture(NS, 'finished', long({ duration: '4s', ring: { rotateInterval: '1m' } }));
    await captureThat(NS, 'finished', 'the edit was looked at', (c) => c.status?.observedGeneration === c.metadata.generation && c.metadata.generation > done.metadata.generation);
    const empty = await kubectl(['get', '--raw', `/apis/packetcapture.dev/v1alpha1/namespaces/${NS}/packetcaptures/finished`]).then((text) => ({ ...(JSON.parse(text) as Capture), status: {} }));
    await kubectl(['replace', '--raw', `/apis/packetcapture.dev/v1alpha1/namespaces/${NS}/packetcaptures/finished/status`, '-f', '-'], JSON.stringify(empty));
    const again = await captureThat(NS, 'finished', 'the status is back', (c) => condition(c, 'Complete')?.status === 'True');
    expect(again.status?.run?.id).toBe(done.status?.run?.id);
    expect(again.status?.packets).toEqual(done.status?.packets);
    expect((await jobsOf(again)).map((job) => job.metadata.uid)).toEqual((await jobsOf(done)).map((job) => job.metadata.uid));
  }, 120_000);
});

/** No Job, pod, Secret or run record of a deleted capture is left. */
async function forgotten(object: Capture): Promise<void> {
  await collected(object);
  await eventually('the run record is gone', async () => (await recordOf(object)) === undefined, { timeoutMs: 60_000, everyMs: 300 });
  expect(await get(CAPTURES, object.metadata.namespace, object.metadata.name).catch(() => undefined)).toBeUndefined();
}
