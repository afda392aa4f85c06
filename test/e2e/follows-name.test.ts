import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { applyCapture, CAPTURES, captureThat, inPhase, jobsOf } from './support/captures.js';
import { cleanUp, readyDestination } from './support/destination.js';
import { apply, kubectl } from './support/kubectl.js';
import { account, numbers } from './support/packets.js';
import { freshNamespace, NODES, pod, RECEIVER, runningPodIP, runToEnd, sendNumbers } from './support/workload.js';

const NS = 'e2e-follows';
const [nodeA, nodeB] = NODES;
let storage: object;

afterAll(() => cleanUp(NS, 'e2e-follows'), 240_000);

beforeAll(async () => {
  await freshNamespace(NS);
  storage = await readyDestination('e2e-follows');
}, 240_000);

test('the name is followed: a new pod of it is a new target of the same run, on the same node and on another', async () => {
  const ports = [9000, 9001, 9002];
  await apply(pod(NS, 'web-0', RECEIVER, { node: nodeA }));
  await runningPodIP(NS, 'web-0');
  await applyCapture(NS, 'followed', { target: { podName: 'web-0' }, filter: 'udp', duration: '10m', ...storage });
  const first = await inPhase(NS, 'followed', 'Capturing');

  for (const [turn, node] of [nodeA, nodeA, nodeB].entries()) {
    if (turn > 0) {
      await kubectl(['delete', 'pod', 'web-0', '-n', NS]);
      await apply(pod(NS, 'web-0', RECEIVER, { node }));
    }
    const ip = await runningPodIP(NS, 'web-0');
    await captureThat(NS, 'followed', `target ${turn} is captured`, (c) => c.status?.targets?.length === turn + 1 && c.status.targets.filter((t) => t.state === 'Capturing').length === 1 && c.status.targets[turn]?.state === 'Capturing');
    await runToEnd(NS, `sender-${turn}`, sendNumbers(ip, ports[turn] ?? 0, 200, 400), nodeB);
  }

  await kubectl(['annotate', CAPTURES, 'followed', '-n', NS, `packetcapture.dev/stop=${first.status?.run?.id}`]);
  const done = await inPhase(NS, 'followed', 'Complete');
  expect(done.status?.run?.id).toBe(first.status?.run?.id);
  expect(done.status?.targets?.map(({ node, stopReason }) => [node, stopReason])).toEqual([[nodeA, 'TargetGone'], [nodeA, 'TargetGone'], [nodeB, 'Requested']]);
  expect(await jobsOf(done)).toHaveLength(2);
  expect(done.status).toMatchObject({ packets: { pending: 0, discarded: 0 } });
  for (const port of ports) expect(account(await numbers(done.status?.run?.destination?.prefix ?? 'none', port), 200)).toEqual({ missing: [], doubled: [] });
}, 240_000);
