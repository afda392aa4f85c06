// Faults of the operator: killed, two at once, and none for a while. None may cost a packet: agents need no operator.
import { SYSTEM_NAMESPACE } from '../../e2e/support/destination.js';
import { get, kubectl } from '../../e2e/support/kubectl.js';
import { clusterFault, passing } from './fault.js';
import type { ClusterScene } from './scene.js';

const DEPLOYMENT = 'deployment/packetcapture-operator';
const ready = (): Promise<string> => kubectl(['rollout', 'status', DEPLOYMENT, '-n', SYSTEM_NAMESPACE, '--timeout=120s']);
const scale = (replicas: number): Promise<string> => kubectl(['scale', DEPLOYMENT, '-n', SYSTEM_NAMESPACE, `--replicas=${replicas}`]);
const kill = (): Promise<string> => kubectl(['delete', 'pod', '-n', SYSTEM_NAMESPACE, '-l', 'app.kubernetes.io/name=packetcapture-operator', '--grace-period=0', '--force', '--wait=false']);

interface Deployment {
  spec: { template: { spec: { containers: { args: string[] }[] } } };
}

/** Gives the operator more arguments, until the scene is removed. */
export async function withArguments(scene: ClusterScene, more: string[]): Promise<void> {
  const args = (await get<Deployment>('deployment', SYSTEM_NAMESPACE, 'packetcapture-operator'))?.spec.template.spec.containers[0]?.args ?? [];
  const give = async (value: string[]): Promise<void> => {
    await kubectl(['patch', DEPLOYMENT, '-n', SYSTEM_NAMESPACE, '--type=json', '-p', JSON.stringify([{ op: 'replace', path: '/spec/template/spec/containers/0/args', value }])]);
    await ready();
  };
  scene.onRemove(() => give(args));
  await give([...args, ...more]);
}

export const OPERATORS = [
  clusterFault({
    name: 'operator-killed-again-and-again',
    alone: true,
    short: true,
    async inject(_, random) {
      for (let times = random.between(2, 3); times > 0; times -= 1) {
        await kill();
        await passing(random.between(0, 4000));
      }
      await ready();
    },
    allowed: {},
  }),
  clusterFault({
    name: 'two-operators-at-once',
    alone: true,
    async inject(_, random) {
      await scale(2);
      await ready();
      await passing(random.between(0, 5000));
      await scale(1);
      await ready();
    },
    allowed: {},
  }),
  clusterFault({
    name: 'no-operator-for-a-while',
    alone: true,
    async inject(_, random) {
      await scale(0);
      await passing(random.between(2000, 10_000));
      await scale(1);
      await ready();
    },
    allowed: {},
  }),
];
