// Captures in a Git repository that is applied every two seconds, with force, for five minutes: Git never fights them, nor they Git.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LABEL } from '../../src/api/group.js';
import { eventually } from '../integration/eventually.js';
import { objects } from './support/bucket.js';
import { CAPTURES, capture, captureThat, collected, condition, inPhase, JOBS_NAMESPACE, jobsOf, podsOf, recordOf, secretsOf, waitsFor, type Capture } from './support/captures.js';
import { cleanUp, readyDestination } from './support/destination.js';
import { apply, get, kubectl, list } from './support/kubectl.js';
import { Repository, TRACKING } from './support/repository.js';
import { freshNamespace, NODES, pod, RECEIVER, runningPodIP, sendNumbers } from './support/workload.js';

const NS = 'e2e-gitops';
const FIVE_MINUTES = 300_000;
const [nodeA, nodeB] = NODES;
const git = new Repository(NS);
let storage: object;
let startMs: number;

beforeAll(async () => {
  await freshNamespace(NS);
  storage = await readyDestination('e2e-gitops');
  await apply(pod(NS, 'receiver', RECEIVER, { node: nodeA, labels: { app: 'receiver' } }));
  await apply(pod(NS, 'sender', sendNumbers(await runningPodIP(NS, 'receiver'), 9000, 1_000_000, 50), { node: nodeB, spec: { restartPolicy: 'Never' } }));
  await runningPodIP(NS, 'sender');
  git.commit('short', { ...short() });
  git.commit('recorder', recorder());
  git.commit('superseded', recorder());
  git.commit('limited', recorder());
  git.commit('snapped', recorder());
  git.commit('paused', recorder());
  git.commit('stopped', recorder());
  git.commit('pruned', recorder());
  git.commit('refused', { ...short(), filter: 'host db' });
  git.commit('armed', { ...short(), target: { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'none-yet' } } });
  startMs = Date.now();
  git.sync();
}, 240_000);

afterAll(async () => {
  await git.stop();
  await cleanUp(NS, 'e2e-gitops');
}, 240_000);

const target = { podSelector: { matchLabels: { app: 'receiver' } } };
const short = (): object => ({ target, filter: 'udp port 9000', duration: '10s', ring: { rotateInterval: '2s' }, ...storage });
const recorder = (over: object = {}): object => ({ target, filter: 'udp port 9000', duration: '0s', ring: { files: 5, fileSize: '1M' }, upload: { policy: 'OnDemand' }, ...storage, ...over });

const prefixOf = (object: Capture): string => object.status?.run?.destination?.prefix ?? 'none';
const inBucket = async (object: Capture): Promise<string[]> => (await objects(prefixOf(object))).map(({ key, size, etag, lastModified }) => `${key} ${size} ${etag} ${lastModified}`).sort();

/** The pods of its run; those of an earlier one go in their own time. */
const agentsOf = async ({ status }: Capture): Promise<string[]> => (await list<Capture>('pods', JOBS_NAMESPACE, `${LABEL.runID}=${status?.run?.id}`)).map((p) => p.metadata.uid);

/** What must be as it was, as long as nobody commits: the object's generation, its run, what is in the bucket, and who captures. */
async function standing(name: string): Promise<object> {
  const object = (await capture(NS, name)) as Capture;
  const { phase, run, previousRuns, handled, snapshots } = object.status ?? {};
  return { generation: object.metadata.generation, uid: object.metadata.uid, phase, run: { ...run, stopTime: undefined }, previousRuns, handled, snapshots: snapshots?.map(({ token }) => token), bucket: await inBucket(object), agents: await agentsOf(object) };
}

const before = new Map<string, object>();
/** From here on nobody commits anything to it. */
const remember = async (name: string): Promise<void> => void before.set(name, await standing(name));

describe('while Git re-applies everything', () => {
  test('a finished run stays finished, also when its Job is collected', async () => {
    const done = await inPhase(NS, 'short', 'Complete');
    await collected(done);
    await remember('short');
  }, 360_000);

  test('a recorder records on', async () => {
    await inPhase(NS, 'recorder', 'Capturing');
    await remember('recorder');
  }, 120_000);

  test('a live edit changes the run that runs, once', async () => {
    const began = await inPhase(NS, 'limited', 'Capturing');
    git.commit('limited', recorder({ maxPackets: 1_000_000, target: { ...target, maxTargets: 3 } }));
    const edited = await captureThat(NS, 'limited', 'the edit was seen', (c) => c.metadata.generation === 2 && c.status?.observedGeneration === 2);
    expect(edited.status?.run?.id).toBe(began.status?.run?.id);
    await remember('limited');
  }, 120_000);

  test('another edit supersedes the run, once', async () => {
    const began = await inPhase(NS, 'superseded', 'Capturing');
    git.commit('superseded', recorder({ filter: 'udp port 9000 or icmp' }));
    const next = await captureThat(NS, 'superseded', 'another run captures', (c) => c.status?.phase === 'Capturing' && c.status.run?.id !== began.status?.run?.id);
    await captureThat(NS, 'superseded', 'the first run is delivered', (c) => c.status?.previousRuns?.[0]?.completionTime !== undefined);
    expect(next.status?.previousRuns?.map(({ id }) => id)).toEqual([began.status?.run?.id]);
    await remember('superseded');
  }, 120_000);

  test("a snapshot that somebody asked for by hand is made once, and Git leaves the annotation", async () => {
    await captureThat(NS, 'snapped', 'its ring holds packets', (c) => (c.status?.packets?.pending ?? 0) > 0);
    await kubectl(['annotate', CAPTURES, 'snapped', '-n', NS, 'packetcapture.dev/snapshot=by-hand']);
    await captureThat(NS, 'snapped', 'the snapshot is in the bucket', (c) => c.status?.snapshots?.[0]?.completionTime !== undefined);
    expect((await capture(NS, 'snapped'))?.metadata.annotations?.['packetcapture.dev/snapshot']).toBe('by-hand');
    await remember('snapped');
  }, 120_000);

  test('suspend works both ways, within one run', async () => {
    const began = await inPhase(NS, 'paused', 'Capturing');
    git.commit('paused', recorder({ suspend: true }));
    await inPhase(NS, 'paused', 'Suspended');
    git.commit('paused', recorder({ suspend: false }));
    const on = await inPhase(NS, 'paused', 'Capturing');
    expect(on.status?.run?.id).toBe(began.status?.run?.id);
    await remember('paused');
  }, 120_000);

  test('a run that was stopped by an annotation in Git stays stopped', async () => {
    const began = await inPhase(NS, 'stopped', 'Capturing');
    git.commit('stopped', recorder(), { 'packetcapture.dev/stop': began.status?.run?.id ?? '' });
    const done = await inPhase(NS, 'stopped', 'Complete');
    expect(done.status?.run).toMatchObject({ id: began.status?.run?.id, stopReason: 'Requested' });
    await collected(done);
    await remember('stopped');
  }, 360_000);

  test('what is removed from Git is pruned, with all that belongs to it', async () => {
    const began = await inPhase(NS, 'pruned', 'Capturing');
    await git.remove('pruned');
    await eventually('the object is gone', async () => (await capture(NS, 'pruned')) === undefined, { timeoutMs: 90_000, everyMs: 300 });
    await collected(began);
    await eventually('the record is gone', async () => (await recordOf(began)) === undefined, { timeoutMs: 60_000, everyMs: 300 });
  }, 480_000);

  test('a spec that nobody could run, and one that waits for its pods, stay what they are', async () => {
    await waitsFor(NS, 'refused', 'InvalidSpec');
    await waitsFor(NS, 'armed', 'NoTargetsYet');
    await remember('refused');
    await remember('armed');
  }, 60_000);

  test('nothing that the operator makes carries the labels and annotations of Git', async () => {
    const object = (await capture(NS, 'recorder')) as Capture;
    const children = [...(await jobsOf(object)), ...(await podsOf(object)), ...(await secretsOf(object))];
    expect(children.length).toBe(3);
    const record = await get<{ metadata: object }>('configmap', JOBS_NAMESPACE, object.metadata.uid);
    const keys = [...Object.keys(TRACKING.labels), ...Object.keys(TRACKING.annotations(NS, 'recorder')), 'kustomize.toolkit', 'argocd'];
    for (const key of keys) expect(JSON.stringify([...children, record])).not.toContain(key);
  }, 30_000);

  test('after five minutes all is as it was, and Git sees no drift', async () => {
    await eventually('five minutes are over', () => Date.now() - startMs >= FIVE_MINUTES, { timeoutMs: FIVE_MINUTES, everyMs: 1000 });
    expect(git.failures).toEqual([]);
    expect(git.applied).toBeGreaterThan(60);
    for (const [name, was] of before) expect([name, await standing(name)]).toEqual([name, was]);
    expect(await git.drift()).toBe('');
    for (const name of ['recorder', 'superseded', 'limited', 'snapped', 'paused']) expect(condition(await capture(NS, name), 'Ready')).toMatchObject({ status: 'True', reason: 'Capturing' });
    expect(await ownedFields('recorder')).toEqual(['f:metadata.f:finalizers', 'f:status']);
  }, FIVE_MINUTES + 60_000);
});

/** What the operator holds of an object that Git keeps, as the API server has noted it. */
async function ownedFields(name: string): Promise<string[]> {
  const text = await kubectl(['get', '--raw', `/apis/packetcapture.dev/v1alpha1/namespaces/${NS}/packetcaptures/${name}`]);
  const { managedFields } = (JSON.parse(text) as { metadata: { managedFields: { manager: string; fieldsV1: Record<string, Record<string, object>> }[] } }).metadata;
  const ours = managedFields.filter(({ manager }) => manager === 'packetcapture').flatMap(({ fieldsV1 }) => Object.entries(fieldsV1));
  return [...new Set(ours.flatMap(([field, below]) => (field === 'f:status' ? [field] : Object.keys(below).map((key) => `${field}.${key}`))))].sort();
}
