import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../integration/eventually.js';
import { CONTROL_ANNOTATION } from '../../src/protocol/control.js';
import { manifests, objects, versions, versionedBucket } from './support/bucket.js';
import { applyCapture, capture, inPhase, POD_GONE_MS, podsOf, type Capture } from './support/captures.js';
import { cleanUp, readyDestination } from './support/destination.js';
import { apply, kubectl } from './support/kubectl.js';
import { timedNumbers } from './support/packets.js';
import { freshNamespace, NODES, pod, podStatus, RECEIVER, runningPodIP, runToEnd, sendNumbers } from './support/workload.js';

const NS = 'e2e-replaced';
const NAME = 'replaced';
const RATE = 1000;
const BEFORE = 20_000;
const AFTER = 4000;
const SENT = BEFORE + AFTER;
const [nodeA, nodeB] = NODES;
let done: Capture;
let prefix: string;
let bucket: string;

afterAll(() => cleanUp(NS, 'e2e-replaced'), 240_000);

beforeAll(async () => {
  await freshNamespace(NS);
  bucket = await versionedBucket();
  const storage = await readyDestination('e2e-replaced', { bucket });
  await apply(pod(NS, 'receiver', RECEIVER, { node: nodeA }));
  const ip = await runningPodIP(NS, 'receiver');
  await applyCapture(NS, NAME, { target: { podName: 'receiver' }, filter: 'udp port 9000', duration: '10m', ring: { fileSize: '1M', rotateInterval: '2s' }, ...storage });
  const capturing = await inPhase(NS, NAME, 'Capturing');
  await apply(pod(NS, 'sender', sendNumbers(ip, 9000, BEFORE, RATE), { node: nodeB, spec: { restartPolicy: 'Never' } }));
  await eventually('the sender runs', async () => (await podStatus(NS, 'sender'))?.status.phase === 'Running', { timeoutMs: 30_000, everyMs: 200 });
  await eventually('some files are in the bucket', async () => ((await capture(NS, NAME))?.status?.files?.uploaded ?? 0) >= 2, { timeoutMs: 30_000, everyMs: 200 });

  const [first] = await podsOf(capturing);
  await kubectl(['delete', 'pod', '-n', 'packetcapture-jobs', first?.metadata.name ?? '', '--wait=false']);
  await eventually('the replacement is addressed, and not before its predecessor has ended', async () => {
    const pods = await podsOf(capturing);
    const addressed = pods.filter((p) => !p.status?.containerStatuses?.every(({ state }) => state.terminated) && p.metadata.annotations?.[CONTROL_ANNOTATION]?.includes(p.metadata.uid));
    if (addressed.length > 1) throw new Error(`two pods are addressed at once: ${addressed.map((p) => p.metadata.name).join(', ')}`);
    return addressed[0] !== undefined && addressed[0].metadata.uid !== first?.metadata.uid;
  }, { timeoutMs: POD_GONE_MS, everyMs: 100 });
  await eventually('the sender has ended', async () => (await podStatus(NS, 'sender'))?.status.phase === 'Succeeded', { timeoutMs: 60_000, everyMs: 300 });
  // A gap is told of once it is over: the second attempt listens, however long its pod took to come.
  await eventually('the gap is over', async () => ((await capture(NS, NAME))?.status?.gaps?.count ?? 0) >= 1, { timeoutMs: 60_000, everyMs: 300 });
  await runToEnd(NS, 'sender-after', sendNumbers(ip, 9000, AFTER, RATE, BEFORE), nodeB);
  await kubectl(['annotate', `packetcaptures.packetcapture.dev/${NAME}`, '-n', NS, `packetcapture.dev/stop=${capturing.status?.run?.id}`]);
  done = await inPhase(NS, NAME, 'Complete', 90_000);
  prefix = done.status?.run?.destination?.prefix ?? 'none';
}, 480_000);

test('the run is the same, its second attempt has keys of its own', async () => {
  const keys = (await objects(prefix, bucket)).map(({ key }) => key.slice(prefix.length)).filter((key) => key.endsWith('.pcap'));
  expect(new Set(keys.map((key) => key.split('/')[1]?.slice(0, 2)))).toEqual(new Set(['01', '02']));
});

test('every number is in the bucket exactly once, or inside the gap that is reported', async () => {
  const found = await timedNumbers(prefix, 9000, bucket);
  expect(found.length).toBe(new Set(found.map(({ number }) => number)).size);
  const gaps = [...(await manifests(prefix, bucket)).values()].flatMap((manifest) => manifest.gaps).map(({ from, to }) => ({ from: Date.parse(from), to: Date.parse(to) }));
  expect(gaps.length).toBeGreaterThanOrEqual(1);
  const byNumber = new Map(found.map(({ number, timeMs }) => [number, timeMs]));
  const unexplained: number[] = [];
  let before = found[0]?.timeMs ?? 0;
  for (let number = 0; number < SENT; number += 1) {
    const seen = byNumber.get(number);
    if (seen !== undefined) before = seen;
    // A missing datagram was sent after the last one before it that is there, one by one at the sender's rate.
    else if (!gaps.some(({ from, to }) => before + 1000 >= from && before <= to)) unexplained.push(number);
  }
  expect(unexplained).toEqual([]);
  expect(done.status?.packets).toMatchObject({ captured: found.length, uploaded: found.length, pending: 0, discarded: 0 });
  const lossDetected = done.status?.conditions?.find((c) => c.type === 'LossDetected');
  expect(lossDetected).toMatchObject({ status: 'True', reason: 'Gap' });
  expect(found.filter(({ number }) => number >= BEFORE).length).toBe(AFTER);
  // The gap is as long as the replacement took, not as long as anybody likes.
  expect(SENT - found.length).toBeLessThan(RATE * (done.status?.gaps?.seconds ?? 0) + RATE);
});

test('no file was written twice: the versioned bucket has one version of each', async () => {
  const files = (await versions(prefix, bucket)).filter(({ key }) => key.endsWith('.pcap'));
  expect(files.length).toBeGreaterThan(5);
  expect(new Set(files.map(({ key }) => key)).size).toBe(files.length);
});
