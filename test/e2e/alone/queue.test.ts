import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../../integration/eventually.js';
import { applyCapture, capture, captureThat, condition, inPhase, stop, waitsFor, type Capture } from '../support/captures.js';
import { cleanUp, readyDestination } from '../support/destination.js';
import { apply, kubectl } from '../support/kubectl.js';
import { operatorArguments, setOperatorArguments } from '../support/operator.js';
import { said } from '../support/words.js';
import { freshNamespace, IDLE, NODES, pod, runningPodIP } from '../support/workload.js';

// Other captures would wait in these queues too.
const NS = 'e2e-queue';
const [nodeA, nodeB] = NODES;
let storage: object;
let before: string[];

beforeAll(async () => {
  await freshNamespace(NS);
  storage = await readyDestination('e2e-queue');
  await apply(pod(NS, 'on-a', IDLE, { node: nodeA }), pod(NS, 'on-b', IDLE, { node: nodeB, labels: { app: 'followed' } }));
  await Promise.all(['on-a', 'on-b'].map((name) => runningPodIP(NS, name)));
  before = await operatorArguments();
}, 240_000);
afterAll(async () => {
  await setOperatorArguments(before);
  await cleanUp(NS, 'e2e-queue');
}, 400_000);

const message = (object: Capture): string => condition(object, 'Ready')?.message ?? '';
const ms = (time: string | undefined): number => Date.parse(time ?? '');

/** How many listened at the same moment, at most. */
function mostAtATime(all: Capture[]): number {
  const turns = all.flatMap(({ status }) => [[ms(status?.run?.captureStartTime), 1], [ms(status?.run?.stopTime), -1]] as const).sort(([a, up], [b, down]) => a - b || up - down);
  let now = 0;
  return turns.reduce((most, [, change]) => Math.max(most, (now += change)), 0);
}

test('no more run at a time than the operator allows: the others are told their place, and begin in their order as soon as there is room', async () => {
  await setOperatorArguments([...before, '--max-captures-per-namespace=2']);
  const names = ['q1', 'q2', 'q3', 'q4', 'q5', 'q6'];
  for (const [n, name] of names.entries()) await applyCapture(NS, name, { target: { podName: 'on-a' }, duration: n < 2 ? '10m' : '12s', ...storage });
  for (const [name, place] of [['q3', '1st'], ['q4', '2nd'], ['q5', '3rd'], ['q6', '4th']] as const) {
    const waiting = await waitsFor(NS, name, 'Queued');
    expect(message(waiting)).toBe(`${place} in the queue of namespace "${NS}": 2 captures run there, the most that the operator allows (--max-captures-per-namespace)`);
    expect(condition(waiting, 'Accepted')?.status).toBe('True');
    expect(condition(waiting, 'Reconciling')).toMatchObject({ status: 'True', reason: 'Queued' });
    expect(waiting).toMatchObject({ status: { phase: 'Pending' } });
    expect(waiting.metadata.finalizers ?? []).toEqual([]);
  }
  await said((await capture(NS, 'q6')) as Capture, 'Queued');
  // One in the middle wants it no more: the others move up.
  await kubectl(['delete', 'packetcaptures.packetcapture.dev', 'q4', '-n', NS, '--timeout=60s']);
  for (const name of ['q1', 'q2']) await stop(NS, name);
  const all = await Promise.all(names.filter((name) => name !== 'q4').map((name) => inPhase(NS, name, 'Complete', 150_000)));
  expect(mostAtATime(all)).toBe(2);
  const started = all.map(({ status }) => ms(status?.run?.startTime));
  // Two places that are free at the same moment are taken in any order.
  for (const [n, start] of started.slice(2).entries()) expect(start).toBeGreaterThan(started[n] as number);
  const ended = all.map(({ status }) => ms(status?.run?.completionTime)).sort((a, b) => a - b);
  // Woken by the end of the one before it: a look that nothing causes comes every 15 s.
  for (const [n, start] of started.sort((a, b) => a - b).slice(2).entries()) expect(start - (ended[n] as number)).toBeLessThan(5000);
}, 400_000);

test('a node that is full: who waits for it is told, and a run that lasts leaves out the pods there until there is room', async () => {
  await setOperatorArguments([...before, '--max-captures-per-node=1']);
  const recorder = { duration: '0s', upload: { policy: 'OnDemand' }, ring: { files: 2, fileSize: '1M' }, ...storage };
  await applyCapture(NS, 'holds-a', { target: { podName: 'on-a' }, ...recorder });
  await inPhase(NS, 'holds-a', 'Capturing');
  await applyCapture(NS, 'lasts', { target: { podSelector: { matchLabels: { app: 'followed' } } }, ...recorder });
  await inPhase(NS, 'lasts', 'Capturing');
  await apply(pod(NS, 'followed-a', IDLE, { node: nodeA, labels: { app: 'followed' } }));
  await captureThat(NS, 'lasts', 'the new pod is left out', (c) => condition(c, 'Capturing')?.message?.includes('left out: followed-a') === true);
  await applyCapture(NS, 'waits-for-a', { target: { podName: 'on-a' }, duration: '5s', ...storage });
  const waiting = await waitsFor(NS, 'waits-for-a', 'Queued');
  expect(message(waiting)).toBe(`2nd in the queue of node "${nodeA}": 1 capture runs there, the most that the operator allows (--max-captures-per-node)`);
  const held = (await capture(NS, 'holds-a')) as Capture;
  await kubectl(['annotate', 'packetcaptures.packetcapture.dev/holds-a', '-n', NS, `packetcapture.dev/stop=${held.status?.run?.id}`]);
  const joined = await captureThat(NS, 'lasts', 'the new pod is captured', (c) => c.status?.targets?.filter(({ state }) => state === 'Capturing').length === 2);
  expect(joined.status?.run?.id).toBeDefined();
  expect(condition((await capture(NS, 'waits-for-a')) as Capture, 'Ready')?.reason).toBe('Queued');
  await kubectl(['delete', 'packetcaptures.packetcapture.dev', 'lasts', '-n', NS, '--timeout=60s']);
  await inPhase(NS, 'waits-for-a', 'Complete', 60_000);
  await eventually('nothing of them is left', async () => (await capture(NS, 'lasts')) === undefined);
}, 300_000);
