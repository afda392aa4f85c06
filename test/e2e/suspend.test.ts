import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { manifests } from './support/bucket.js';
import { applyCapture, CAPTURES, capture, captureThat, condition, inPhase, jobsOf, recordOf, type Capture } from './support/captures.js';
import { cleanUp, readyDestination } from './support/destination.js';
import { apply, kubectl } from './support/kubectl.js';
import { timedNumbers } from './support/packets.js';
import { freshNamespace, NODES, pod, RECEIVER, runningPodIP, sendNumbers } from './support/workload.js';

const NS = 'e2e-suspend';
const [nodeA, nodeB] = NODES;
const PORT = 9000;
const RATE = 200;
let spec: object;

afterAll(() => cleanUp(NS, 'e2e-suspend'), 240_000);

beforeAll(async () => {
  await freshNamespace(NS);
  const storage = await readyDestination('e2e-suspend');
  spec = { target: { podName: 'receiver' }, filter: `udp port ${PORT}`, duration: '10m', ring: { rotateInterval: '1s' }, ...storage };
  await apply(pod(NS, 'receiver', RECEIVER, { node: nodeA }));
  await apply(pod(NS, 'sender', sendNumbers(await runningPodIP(NS, 'receiver'), PORT, 1_000_000, RATE), { node: nodeB, spec: { restartPolicy: 'Never' } }));
  await runningPodIP(NS, 'sender');
}, 240_000);

const edit = (name: string, changes: object): Promise<string> => kubectl(['patch', CAPTURES, name, '-n', NS, '--type=merge', '-p', JSON.stringify({ spec: changes })]);

async function suspend(name: string): Promise<Capture> {
  await edit(name, { suspend: true });
  const object = await inPhase(NS, name, 'Suspended');
  expect(condition(object, 'Ready')).toMatchObject({ status: 'True', reason: 'Suspended' });
  expect(condition(object, 'Capturing')).toMatchObject({ status: 'False', reason: 'Suspended' });
  expect(object.status?.run?.stopReason).toBe('Suspended');
  return object;
}

async function resume(name: string, packets: number): Promise<Capture> {
  await edit(name, { suspend: false });
  return captureThat(NS, name, 'it captures on', (c) => c.status?.phase === 'Capturing' && (c.status.packets?.captured ?? 0) > packets);
}

test('suspended twice it is one run: what was sent outside the two gaps is there, and no loss is claimed', async () => {
  const name = 'twice';
  await applyCapture(NS, name, spec);
  const began = await captureThat(NS, name, 'a first file is in the bucket', (c) => (c.status?.files?.uploaded ?? 0) > 0);
  const first = await suspend(name);
  await resume(name, first.status?.packets?.captured ?? 0);
  const second = await suspend(name);
  await edit(name, { duration: '20m' });
  const resumed = await resume(name, second.status?.packets?.captured ?? 0);
  expect(resumed.status?.run?.stopReason).toBeUndefined();
  await edit(name, { maxPackets: 1 });
  const done = await inPhase(NS, name, 'Complete');

  expect(done.status?.run).toMatchObject({ id: began.status?.run?.id, stopReason: 'MaxPackets' });
  expect(done.status?.previousRuns ?? []).toEqual([]);
  expect(condition(done, 'LossDetected')).toMatchObject({ status: 'False', message: expect.stringContaining('suspended for') });
  expect(done.status).toMatchObject({ packets: { pending: 0, discarded: 0, lost: 0 }, gaps: { count: 2 } });
  expect(done.status?.gaps?.suspendedSeconds).toBe(done.status?.gaps?.seconds);

  const prefix = done.status?.run?.destination?.prefix ?? 'none';
  const gaps = [...(await manifests(prefix)).values()].flatMap((manifest) => manifest.gaps);
  expect(gaps.map(({ reason }) => reason)).toEqual(['Suspended', 'Suspended']);
  const found = (await timedNumbers(prefix, PORT)).sort((a, b) => a.number - b.number);
  expect(found).toHaveLength(done.status?.packets?.uploaded ?? -1);
  expect(new Set(found.map(({ number }) => number)).size).toBe(found.length);
  const holes = found.flatMap(({ number, timeMs }, n) => {
    const next = found[n + 1];
    return next && next.number > number + 1 ? [{ fromMs: timeMs, toMs: next.timeMs }] : [];
  });
  // The first number that is missing was sent a period after the last one that is there, or as much later as this machine held the sender up.
  const pausesMs = found.flatMap(({ number, timeMs }, n) => (found[n + 1]?.number === number + 1 ? [(found[n + 1]?.timeMs ?? 0) - timeMs] : []));
  const slackMs = 400 + Math.max(...pausesMs);
  const unexplained = holes.filter(({ fromMs, toMs }) => !gaps.some(({ from, to }) => Date.parse(from) <= fromMs + slackMs && Date.parse(to) >= toMs - slackMs));
  expect([holes.length, unexplained]).toEqual([2, []]);
}, 180_000);

test('made suspended, it starts nothing until it is resumed', async () => {
  await applyCapture(NS, 'ready', { ...spec, duration: '2s', suspend: true });
  const object = await inPhase(NS, 'ready', 'Suspended');
  expect(condition(object, 'Ready')).toMatchObject({ status: 'True', reason: 'Suspended' });
  expect([object.status?.run, await jobsOf(object), await recordOf(object), object.metadata.finalizers ?? []]).toEqual([undefined, [], undefined, []]);
  await edit('ready', { suspend: false });
  await inPhase(NS, 'ready', 'Complete');
  // Finished is finished.
  await edit('ready', { suspend: true });
  await captureThat(NS, 'ready', 'the edit was looked at', (c) => c.status?.observedGeneration === c.metadata.generation);
  expect((await capture(NS, 'ready'))?.status?.phase).toBe('Complete');
}, 120_000);
