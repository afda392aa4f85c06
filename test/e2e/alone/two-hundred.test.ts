// Two hundred captures at once, and a leader that is killed twice among them: none is lost, none runs twice.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../../integration/eventually.js';
import { manifests, objects } from '../support/bucket.js';
import { captureObject, CAPTURES, condition, JOBS_NAMESPACE, type Capture } from '../support/captures.js';
import { cleanUp, readyDestination } from '../support/destination.js';
import { apply, list } from '../support/kubectl.js';
import { leader, signalOperator, whole } from '../support/operator.js';
import { timedNumbers } from '../support/packets.js';
import { freshNamespace, NODES, pod, RECEIVER, runningPodIP, sendNumbers } from '../support/workload.js';

const NS = 'e2e-two-hundred';
const COUNT = 200;
const PORT = 9000;
const [nodeA, nodeB] = NODES;
let storage: object;

afterAll(() => cleanUp(NS, 'e2e-two-hundred'), 240_000);

beforeAll(async () => {
  await freshNamespace(NS);
  storage = await readyDestination('e2e-two-hundred');
  for (const [n, node] of [nodeA, nodeB].entries()) {
    await apply(pod(NS, `receiver-${n}`, RECEIVER, { node }));
    await apply(pod(NS, `sender-${n}`, sendNumbers(await runningPodIP(NS, `receiver-${n}`), PORT, 1_000_000, 20), { node, spec: { restartPolicy: 'Never' } }));
  }
  await whole();
}, 240_000);

const name = (n: number): string => `capture-${String(n).padStart(3, '0')}`;
const spec = (n: number): object => ({ target: { podName: `receiver-${n % 2}` }, filter: `udp port ${PORT}`, duration: '2s', bufferSize: '2Mi', ...storage });

const captures = (): Promise<Capture[]> => list<Capture>(CAPTURES, NS);
const inPhases = async (phase: string): Promise<number> => (await captures()).filter((c) => c.status?.phase === phase).length;

/** SIGKILL to the one that acts; another does soon. */
async function killLeader(): Promise<void> {
  const killed = await eventually('somebody leads', leader, { timeoutMs: 60_000, everyMs: 100 });
  await signalOperator(killed, 'SIGKILL');
}

test('each of two hundred captures runs once and completes, though their leader is killed twice', async () => {
  await apply(...Array.from({ length: COUNT }, (_, n) => captureObject(NS, name(n), spec(n))));
  await eventually('some have completed, and others run', async () => (await inPhases('Complete')) >= 10, { timeoutMs: 120_000, everyMs: 500 });
  await killLeader();
  await eventually('half of them have completed', async () => (await inPhases('Complete')) >= COUNT / 2, { timeoutMs: 400_000, everyMs: 1000 });
  await killLeader();
  await eventually('all of them have completed', async () => (await inPhases('Complete')) === COUNT, { timeoutMs: 400_000, everyMs: 1000 });

  const all = await captures();
  expect(all.map((c) => c.metadata.name).sort()).toEqual(Array.from({ length: COUNT }, (_, n) => name(n)));
  // One run each, as the status, the run's own record and the bucket say.
  for (const c of all) expect([c.metadata.name, c.status?.previousRuns ?? [], condition(c, 'LossDetected')?.status]).toEqual([c.metadata.name, [], 'False']);
  const stored = (await objects(`e2e-two-hundred/${NS}/`)).map(({ key }) => key.split('/').slice(2, 4).join('/'));
  expect([...new Set(stored)].sort()).toEqual(all.map((c) => `${c.metadata.name}/${c.status?.run?.id}`).sort());
  for (const c of all.filter((_, n) => n % 20 === 0)) await capturedOnce(c);
  expect((await list<Capture>('jobs', JOBS_NAMESPACE)).length).toBeLessThanOrEqual(COUNT);
}, 1_200_000);

/** By one agent, in one go, without a number missing between the first and the last, and none twice. */
async function capturedOnce({ metadata, status }: Capture): Promise<void> {
  const prefix = status?.run?.destination?.prefix ?? 'none';
  expect([...(await manifests(prefix)).values()].map(({ attempt, gaps }) => [attempt, gaps])).toEqual([[1, []]]);
  const found = (await timedNumbers(prefix, PORT)).map(({ number }) => number).sort((a, b) => a - b);
  const first = found[0] ?? NaN;
  expect([metadata.name, found]).toEqual([metadata.name, found.map((_, n) => first + n)]);
  expect(found.length).toBeGreaterThan(20);
}
