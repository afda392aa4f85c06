// Faults of the operator: killed, two at once, and none for a while. None may cost a packet: agents need no operator.
import { operatorArguments, removeAll, scale, setOperatorArguments, signalOperator, whole } from '../../e2e/support/operator.js';
import { clusterFault, passing } from './fault.js';
import type { ClusterScene } from './scene.js';

/** Gives the operator more arguments, until the scene is removed. */
export async function withArguments(scene: ClusterScene, more: string[]): Promise<void> {
  const args = await operatorArguments();
  scene.onRemove(() => setOperatorArguments(args));
  await setOperatorArguments([...args, ...more]);
}

export const OPERATORS = [
  clusterFault({
    name: 'operator-killed-again-and-again',
    alone: true,
    short: true,
    async inject(_, random) {
      for (let times = random.between(2, 3); times > 0; times -= 1) {
        if (random.between(0, 1) === 0) await removeAll();
        else await signalOperator(await whole(), 'SIGKILL');
        await passing(random.between(0, 4000));
      }
      await whole();
    },
    allowed: {},
  }),
  clusterFault({
    name: 'two-operators-at-once',
    alone: true,
    async inject(scene, random) {
      // Neither asks the lease, as where somebody takes the election away and leaves the replicas.
      await withArguments(scene, ['--leader-elect=false']);
      await passing(random.between(0, 5000));
    },
    allowed: {},
  }),
  clusterFault({
    name: 'no-operator-for-a-while',
    alone: true,
    async inject(_, random) {
      await scale(0);
      await passing(random.between(2000, 10_000));
      await scale(2);
      await whole();
    },
    allowed: {},
  }),
];
