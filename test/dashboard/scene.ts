// What the dashboard's picture shows: five minutes of an installation to which everything happens that a panel is for.
import { setTimeout as delay } from 'node:timers/promises';
import { applyCapture, CAPTURES, capture, captureThat, inPhase, podsOf } from '../e2e/support/captures.js';
import { cleanUp, readyDestination, SYSTEM_NAMESPACE } from '../e2e/support/destination.js';
import { apply, kubectl } from '../e2e/support/kubectl.js';
import { leader } from '../e2e/support/operator.js';
import { refusingBucket, removeAll, S3 } from '../e2e/support/bucket.js';
import { freshNamespace, NODES, pod, RECEIVER, runningPodIP, sendNumbers } from '../e2e/support/workload.js';

const NS = 'dashboard';
const [GOOD, REFUSING] = ['captures', 'archive'];
const [nodeA, nodeB] = NODES;
const PODS = { web: nodeA, cache: nodeB, burst: nodeB, shop: nodeA } as const;
type Name = keyof typeof PODS;

const send = async (name: Name, packets: number, rate: number): Promise<string> =>
  apply(pod(NS, `to-${name}`, sendNumbers(await runningPodIP(NS, name), 9000, packets, rate), { node: PODS[name], spec: { restartPolicy: 'Never' } }));
const of = (name: Name, spec: object): Promise<string> => applyCapture(NS, name, { target: { podName: name }, filter: 'udp port 9000', ...spec });
const stop = async (name: Name): Promise<string> => kubectl(['annotate', '--overwrite', CAPTURES, name, '-n', NS, `packetcapture.dev/stop=${(await capture(NS, name))?.status?.run?.id}`]);
const to = (name: string): object => ({ storage: { destinationRef: { name } } });

export async function prepare(): Promise<void> {
  await freshNamespace(NS);
  await Promise.all([readyDestination(GOOD), readyDestination(REFUSING, { bucket: await refusingBucket(false) })]);
  await apply(...Object.entries(PODS).map(([name, node]) => pod(NS, name, RECEIVER, { node })));
  await Promise.all(Object.keys(PODS).map((name) => runningPodIP(NS, name)));
}

export const LASTS_SECONDS = 300;

/** When, in seconds from the start, what for the reader, and how. */
export const SCENE: readonly { atSeconds: number; what: string; happens: () => Promise<unknown> }[] = [
  { atSeconds: 15, what: 'a capture of a pod that gets 300 packets a second, a file every 5 s', happens: () => Promise.all([of('web', { duration: '10m', ring: { rotateInterval: '5s' }, spool: { maxSize: '16Mi' }, ...to(GOOD) }), send('web', 1_000_000, 300)]) },
  { atSeconds: 40, what: 'a flight recorder of 5 files of 1 MB, at 1,000 packets a second', happens: () => Promise.all([of('cache', { duration: '0s', ring: { files: 5, fileSize: '1M' }, spool: { maxSize: '8Mi' }, upload: { policy: 'OnDemand' }, ...to(GOOD) }), send('cache', 1_000_000, 1000)]) },
  { atSeconds: 65, what: 'a capture with the smallest kernel buffer, and a burst', happens: async () => {
    await of('burst', { duration: '20s', bufferSize: '64Ki', ring: { fileSize: '10M' }, ...to(GOOD) });
    await inPhase(NS, 'burst', 'Capturing');
    await send('burst', 100_000, 50_000);
  } },
  { atSeconds: 95, what: 'a capture of two files of 1 MB', happens: () => Promise.all([of('shop', { duration: '10m', ring: { files: 2, fileSize: '1M' }, spool: { maxSize: '8Mi' }, ...to(REFUSING) }), send('shop', 1_000_000, 600)]) },
  { atSeconds: 120, what: 'its bucket takes nothing', happens: async () => {
    await refusingBucket(true);
    // Another spec is probed at once; a run has its own from its start.
    await kubectl(['patch', 'clustercapturedestinations.packetcapture.dev', REFUSING, '--type=merge', '-p', JSON.stringify({ spec: { s3: { externalEndpoint: S3.endpoint } } })]);
  } },
  { atSeconds: 160, what: 'the bucket takes all again', happens: () => refusingBucket(false) },
  { atSeconds: 180, what: 'a snapshot of the recorder', happens: () => kubectl(['annotate', '--overwrite', CAPTURES, 'cache', '-n', NS, 'packetcapture.dev/snapshot=one']) },
  { atSeconds: 205, what: "the first capture's agent is deleted", happens: async () => {
    const object = await captureThat(NS, 'web', 'it is there', () => true);
    await kubectl(['delete', 'pod', '-n', 'packetcapture-jobs', (await podsOf(object))[0]?.metadata.name ?? 'none', '--wait=false']);
  } },
  { atSeconds: 235, what: 'the leading operator pod is deleted', happens: async () => kubectl(['delete', 'pod', '-n', SYSTEM_NAMESPACE, (await leader()) ?? 'none', '--wait=false']) },
  { atSeconds: 270, what: 'all captures are stopped', happens: () => Promise.all((['web', 'cache', 'shop'] as const).map(stop)) },
];

export async function play(startMs: number, tell: (what: string) => void): Promise<void> {
  for (const { atSeconds, what, happens } of SCENE) {
    await delay(Math.max(0, startMs + atSeconds * 1000 - Date.now()));
    tell(`${((Date.now() - startMs) / 1000).toFixed(0)} s: ${what}`);
    // A late step delays no other.
    happens().catch((error: unknown) => tell(`${what}: ${error instanceof Error ? error.message : String(error)}`));
  }
  await delay(Math.max(0, startMs + LASTS_SECONDS * 1000 - Date.now()));
}

export async function tidy(): Promise<void> {
  await cleanUp(NS, GOOD, REFUSING);
  await removeAll(`${REFUSING}/`, await refusingBucket(false));
}
