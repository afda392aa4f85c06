import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { applyCapture, condition, inPhase, waitsFor } from '../support/captures.js';
import { cleanUp, readyDestination } from '../support/destination.js';
import { apply, get, kubectl } from '../support/kubectl.js';
import { operatorArguments, setOperatorArguments } from '../support/operator.js';
import { said } from '../support/words.js';
import { freshNamespace, IDLE, NODES, pod, podStatus, runningPodIP } from '../support/workload.js';

// These take away what other captures need too: room on a node, the right to start, the operator's flags.
const NS = 'e2e-start-failure';
const [nodeA, nodeB] = NODES;
let storage: { storage: object };

afterAll(() => cleanUp(NS, 'e2e-start-failure'), 240_000);

beforeAll(async () => {
  await freshNamespace(NS);
  storage = await readyDestination('e2e-start-failure');
  await apply(pod(NS, 'web', IDLE, { node: nodeA }));
  await runningPodIP(NS, 'web');
}, 240_000);

const spec = (overrides: object = {}): object => ({ target: { podName: 'web' }, duration: '5s', ...storage, ...overrides });

describe('a capture pod that can not start is told in the words of the cluster', () => {
  afterAll(async () => {
    await kubectl(['delete', 'resourcequota', 'e2e-none', '-n', 'packetcapture-jobs', '--ignore-not-found']);
    await kubectl(['delete', 'pod', 'filler', '-n', NS, '--ignore-not-found']);
  });

  test('AdmissionDenied, and it starts once it is allowed', async () => {
    await apply({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'e2e-none', namespace: 'packetcapture-jobs' }, spec: { hard: { pods: '0' } } });
    await kubectl(['wait', '--for=jsonpath={.status.hard.pods}=0', 'resourcequota/e2e-none', '-n', 'packetcapture-jobs']).catch(() => undefined);
    await applyCapture(NS, 'denied', spec());
    const waiting = await waitsFor(NS, 'denied', 'AdmissionDenied');
    expect(await said(waiting, 'AdmissionDenied')).toContain('exceeded quota: e2e-none');
    await kubectl(['delete', 'resourcequota', 'e2e-none', '-n', 'packetcapture-jobs']);
    await inPhase(NS, 'denied', 'Complete', 110_000);
  }, 150_000);

  test('Unschedulable', async () => {
    const node = await get<{ status: { allocatable: { cpu: string } } }>('node', undefined, nodeB ?? '');
    const cpus = Number(node?.status.allocatable.cpu ?? '0');
    await apply(pod(NS, 'crowded', IDLE, { node: nodeB }));
    await runningPodIP(NS, 'crowded');
    const used = await requestedMillis(nodeB ?? '');
    await apply(pod(NS, 'filler', IDLE, { node: nodeB, container: { resources: { requests: { cpu: `${cpus * 1000 - used - 20}m` } } } }));
    await runningPodIP(NS, 'filler');
    await applyCapture(NS, 'no-room', spec({ target: { podName: 'crowded' } }));
    const waiting = await waitsFor(NS, 'no-room', 'Unschedulable');
    expect(await said(waiting, 'Unschedulable')).toContain('Insufficient cpu');
    expect((await podStatus(NS, 'filler'))?.status.phase).toBe('Running');
    await kubectl(['delete', 'pod', 'filler', '-n', NS]);
    await inPhase(NS, 'no-room', 'Complete', 110_000);
  }, 180_000);

  test('ImagePullFailed, given up at the deadline', async () => {
    await withOperatorArgs(['--agent-image=localhost/no-such-image:1', '--start-deadline=8s'], async () => {
      await applyCapture(NS, 'no-image', spec());
      const waiting = await waitsFor(NS, 'no-image', 'ImagePullFailed');
      expect(await said(waiting, 'ImagePullFailed')).toContain('localhost/no-such-image:1');
      const failed = await inPhase(NS, 'no-image', 'Failed');
      expect(condition(failed, 'Stalled')).toMatchObject({ status: 'True', reason: 'ImagePullFailed' });
      expect(condition(failed, 'Failed')?.message).toContain('given up after 8 s');
      expect(failed.status?.run?.stopReason).toBe('Failed');
    });
  }, 240_000);
});

async function requestedMillis(node: string): Promise<number> {
  const text = await kubectl(['get', 'pods', '-A', '--field-selector', `spec.nodeName=${node},status.phase=Running`, '-o', 'jsonpath={range .items[*].spec.containers[*]}{.resources.requests.cpu}{"\\n"}{end}']);
  return text.split('\n').filter((line) => line !== '').reduce((sum, cpu) => sum + (cpu.endsWith('m') ? Number(cpu.slice(0, -1)) : Number(cpu) * 1000), 0);
}

/** The operator with further flags, and afterwards without them. */
async function withOperatorArgs(args: string[], body: () => Promise<void>): Promise<void> {
  const before = await operatorArguments();
  await setOperatorArguments([...before, ...args]);
  try {
    await body();
  } finally {
    await setOperatorArguments(before);
  }
}
