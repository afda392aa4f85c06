// Figure 3: how soon a capture has its first packet, against how soon any pod runs.
import { setTimeout as delay } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';
import { PACKET_CAPTURES } from '../../../src/api/kinds.js';
import { createKube } from '../../../src/kube/client.js';
import { objectKey, type KubeObject } from '../../../src/kube/object.js';
import { Reflector } from '../../../src/kube/reflector.js';
import { PODS } from '../../../src/kube/resources.js';
import { captureObject, JOBS_NAMESPACE, jobsOf, podsOf, type Capture } from '../../e2e/support/captures.js';
import { cleanUp, readyDestination } from '../../e2e/support/destination.js';
import { apply, get, kubectl } from '../../e2e/support/kubectl.js';
import { whole } from '../../e2e/support/operator.js';
import { freshNamespace, NODES, pod, runningPodIP } from '../../e2e/support/workload.js';
import { eventually } from '../../integration/eventually.js';
import type { Bench, Comparison, Figure } from '../framework/figure.js';
import { inTurn } from '../framework/rounds.js';

const NAMESPACE = 'bench-start';
const DESTINATION = 'bench-start';
const NODE = NODES[0];
/** Of each of the three a round: one start is scattered by tenths of a second, by when the kubelet and the scheduler look. */
const SAMPLES_A_ROUND = 2;
/** The control plane has nothing to do any more by then, and what it still writes is not of the last sample. */
const REST_MS = 1500;

/** 1000 datagrams a second to itself, on lo. */
const SENDER = ['node', '-e', "const s = require('dgram').createSocket('udp4'); s.bind(9000, '127.0.0.1'); setInterval(() => s.send(Buffer.alloc(100), 9000, '127.0.0.1'), 1)"];
const FIRST_INSTRUCTION = ['node', '-e', 'console.log(performance.timeOrigin)'];

/** The operator's own image is on every node that one of its captures or benchmarks ran on. */
async function operatorImage(): Promise<string> {
  await whole();
  const deployment = await get<{ spec: { template: { spec: { containers: { image: string }[] } } } }>('deployment', 'packetcapture-system', 'packetcapture-operator');
  return deployment?.spec.template.spec.containers[0]?.image ?? '';
}

const target = (image: string): object => pod(NAMESPACE, 'target', SENDER, { node: NODE, container: { image } });

/** As `kubectl run` makes it, on the node of the target: the scheduler chooses, or (`bound`) has nothing to do. */
const barePod = (image: string, name: string, bound: boolean): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: NAMESPACE },
  spec: {
    ...(bound ? { nodeName: NODE } : { nodeSelector: { 'kubernetes.io/hostname': NODE } }),
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'main', image, imagePullPolicy: 'IfNotPresent', command: FIRST_INSTRUCTION }],
  },
});

/** Watched by this process: a kubectl that asks how far it is would take a tenth of a second of the processor that is measured. */
interface Watched {
  captures: Reflector<KubeObject & Capture>;
  pods: Reflector<KubeObject & { status?: { phase?: string } }>;
  stop(): Promise<void>;
}

async function watched(): Promise<Watched> {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  const kube = createKube(kubeConfig, { userAgent: 'bench' });
  const both = { captures: new Reflector<KubeObject & Capture>(kube, PACKET_CAPTURES, { namespace: NAMESPACE }), pods: new Reflector<KubeObject>(kube, PODS, { namespace: NAMESPACE }) };
  const all = Object.values(both);
  for (const reflector of all) reflector.start();
  await Promise.all(all.map(({ hasSynced }) => hasSynced));
  return {
    ...both,
    stop: async () => {
      await Promise.all(all.map((reflector) => reflector.stop()));
      kube.close();
    },
  };
}

async function untilFirstInstruction({ pods }: Watched, image: string, name: string, bound: boolean): Promise<number> {
  const began = Date.now();
  await apply(barePod(image, name, bound));
  await eventually(`${name} ended`, () => pods.store.get(objectKey(NAMESPACE, name))?.status?.phase === 'Succeeded', { timeoutMs: 60_000 });
  const firstMs = Number(await kubectl(['logs', name, '-n', NAMESPACE]));
  await kubectl(['delete', 'pod', name, '-n', NAMESPACE]);
  await delay(REST_MS);
  return seconds(firstMs - began);
}

async function untilFirstPacket({ captures }: Watched, name: string, spec: object): Promise<number> {
  const began = Date.now();
  await apply(captureObject(NAMESPACE, name, { target: { podName: 'target' }, duration: '2s', ...spec }));
  const captured = await eventually(`${name} is Complete`, () => {
    const capture = captures.store.get(objectKey(NAMESPACE, name));
    return capture?.status?.phase === 'Complete' ? capture : undefined;
  }, { timeoutMs: 60_000 });
  const firstMs = Math.min(...(captured.status?.recentFiles ?? []).map(({ firstPacketTime }) => Date.parse(firstPacketTime ?? '')));
  await kubectl(['delete', 'packetcaptures.packetcapture.dev', name, '-n', NAMESPACE]);
  await ended(captured);
  await delay(REST_MS);
  return seconds(firstMs - began);
}

const ENDED_MS = 180_000;
/** Its Jobs are gone, and so are the containers of its pods: an old kubelet keeps the objects for a minute. */
async function ended(capture: Capture): Promise<void> {
  await eventually(`nothing of ${capture.metadata.name} runs in ${JOBS_NAMESPACE}`, async () => {
    const [jobs, pods] = await Promise.all([jobsOf(capture), podsOf(capture)]);
    return jobs.length === 0 && pods.every(({ status }) => (status?.containerStatuses ?? []).every(({ state }) => state.terminated !== undefined));
  }, { timeoutMs: ENDED_MS, everyMs: 300 });
}

const seconds = (ms: number): number => Math.round(ms) / 1000;

async function measure(bench: Bench): Promise<Comparison[]> {
  const image = await operatorImage();
  await freshNamespace(NAMESPACE);
  const watching = await watched();
  try {
    const spec = await readyDestination(DESTINATION);
    await apply(target(image));
    await runningPodIP(NAMESPACE, 'target');
    // What only the first one does after the operator began: its connections, the watch of this namespace, the node's page cache.
    await untilFirstPacket(watching, 'warm', spec);
    let number = 0;
    const name = (of: string): string => `${of}-${(number += 1)}`;
    const samples = await inTurn({ ...bench, rounds: bench.rounds * SAMPLES_A_ROUND }, {
      capture: () => untilFirstPacket(watching, name('capture'), spec),
      pod: () => untilFirstInstruction(watching, image, name('pod'), false),
      bound: () => untilFirstInstruction(watching, image, name('bound'), true),
    });
    const ours = '`kubectl apply` of a PacketCapture → first packet in a file';
    return [
      { id: 'start.first-packet', ours, theirs: '`kubectl apply` of a bare pod with the same image → its first instruction', unit: 's', samples: { ours: samples.capture, theirs: samples.pod }, as: 'ratio', better: 'less', limits: { must: 1.3, goal: 1.1 }, margin: 0.15 },
      { id: 'start.first-packet-bound', ours, theirs: 'the same bare pod with `spec.nodeName`, which no scheduler sees', unit: 's', samples: { ours: samples.capture, theirs: samples.bound }, as: 'ratio', better: 'less', limits: {}, margin: 0.15 },
    ];
  } finally {
    await watching.stop();
    await cleanUp(NAMESPACE, DESTINATION);
  }
}

export const start: Figure = {
  number: 3,
  name: 'start',
  title: 'From kubectl apply to the first packet in a file',
  method:
    'A pod sends itself 1,000 datagrams a second. Ours: `kubectl apply` of a PacketCapture of it; taken is the earliest `firstPacketTime` of its files. Theirs: `kubectl apply` of a pod on the same node with the same image, which is there; taken is when its only process began (`performance.timeOrigin` of `node`). ' +
    'All clocks are one machine’s, and time runs from before kubectl is started. The bare pod has what `kubectl run` gives it, a service account’s token among that, and goes through the scheduler as people’s pods do, and as the capture’s own does; beside it stands one with `spec.nodeName`, which does not. ' +
    'Both are followed by a watch that is open all the time. Before each sample the objects of the one before are gone, and a pause. Each is measured twice a round. Not measured: pulling the image, and a cluster whose control plane has other work.',
  measure,
};
