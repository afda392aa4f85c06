// So many captures at once, from nothing until all are Complete, and what the operator took for them.
import { PACKET_CAPTURES } from '../../../../src/api/kinds.js';
import type { KubeObject } from '../../../../src/kube/object.js';
import { Reflector } from '../../../../src/kube/reflector.js';
import { eventually } from '../../../integration/eventually.js';
import { aCapture } from '../../../integration/operator/scene.js';
import { capturedPod, type Cluster } from './cluster.js';
import { inParallel } from './in-parallel.js';
import { peakMB } from './process-use.js';

export interface Burst {
  /** From the first `create` until the last is Complete, without the time that each captures. */
  seconds: number;
  /** The operator's, most that was resident by then. */
  peakMB: number;
  /** By the operator, of one capture, until all are Complete. */
  writes: number;
  writesBy: Record<string, number>;
}

type Capture = KubeObject & { status?: { phase?: string } };
const LONGEST_MS = 600_000;

/** The answer of a burst that lasted `durationSeconds` in each capture. */
export async function burst(cluster: Cluster, operator: { pid: number }, count: number, durationSeconds: number): Promise<Burst> {
  const { admin, writes } = cluster;
  const before = await writes.counts();
  const captures = new Reflector<Capture>(admin, PACKET_CAPTURES, { transform: ({ metadata: { name, namespace, uid, resourceVersion }, status }) => ({ metadata: { name, namespace, uid, resourceVersion }, status: { phase: status?.phase } }) as Capture });
  let complete = 0;
  captures.addHandler(({ object, previous }) => {
    if (object.status?.phase === 'Complete' && previous?.status?.phase !== 'Complete') complete += 1;
  });
  captures.start();
  await captures.hasSynced;
  const startedMs = performance.now();
  const prefix = `capture-${Math.round(startedMs)}`;
  try {
    await inParallel(count, async (n) => {
      const { namespace, name } = capturedPod(n);
      await aCapture(admin, `${prefix}-${n}`, { target: { podName: name }, filter: 'tcp port 8080', duration: `${durationSeconds}s`, ring: { rotateInterval: '10s' } }, namespace);
    });
    await eventually(`${count} captures are Complete`, () => complete === count, { timeoutMs: LONGEST_MS, everyMs: 50 });
  } finally {
    await captures.stop();
  }
  const seconds = (performance.now() - startedMs) / 1000 - durationSeconds;
  const after = await writes.counts();
  const writesBy = Object.fromEntries([...after].map(([what, n]) => [what, (n - (before.get(what) ?? 0)) / count]));
  return { seconds, peakMB: peakMB(operator.pid), writes: Object.values(writesBy).reduce((a, b) => a + b, 0), writesBy };
}
