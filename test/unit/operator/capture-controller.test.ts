import { describe, expect, test } from '@jest/globals';
import { KubeError } from '../../../src/kube/errors.js';
import type { Kube } from '../../../src/kube/kube.js';
import { silent } from '../../../src/kube/log.js';
import type { KubeObject } from '../../../src/kube/object.js';
import type { Resource } from '../../../src/kube/resources.js';
import { Store } from '../../../src/kube/store.js';
import { Admission } from '../../../src/operator/admission.js';
import { BY_CAPTURE, BY_PLACE, withoutForeignMetadata, type Caches, type RecordEssence } from '../../../src/operator/caches.js';
import { CaptureController } from '../../../src/operator/capture-controller.js';
import { Metrics } from '../../../src/operator/metrics/registry.js';
import { RunMeter } from '../../../src/operator/metrics/runs.js';
import { DestinationSources } from '../../../src/operator/destination-sources.js';
import { Reports } from '../../../src/operator/reports.js';
import { TargetPods } from '../../../src/operator/target-pods.js';
import { Workloads } from '../../../src/operator/workloads.js';
import { aCapture, aDestination, aPod, aWorld, at, NOW, UID } from '../plan/builders.js';

const KEYS = { metadata: { name: 's3', namespace: 'packetcapture-system', uid: 'k', resourceVersion: '1' }, data: { accessKeyId: 'YQ==', secretAccessKey: 'Yg==' } };

/** A controller over stores and a `kube` whose verbs answer as told. */
function harness({ pods = [aPod()] as object[], create = (): void => undefined, replace = (): void => undefined }: { pods?: object[]; create?: (resource: Resource) => void; replace?: (object: KubeObject) => void } = {}) {
  const byCapture = { [BY_CAPTURE]: (o: KubeObject) => [o.metadata.labels?.['packetcapture.dev/capture-uid'] ?? ''] };
  const stores = { captures: new Store({ uid: (c) => [c.metadata.uid] }), destinations: new Store(), records: new Store<RecordEssence>({ ...byCapture, [BY_PLACE]: () => [] }), jobs: new Store(byCapture), pods: new Store(byCapture), secrets: new Store(byCapture) };
  const caches = Object.fromEntries(Object.entries(stores).map(([name, store]) => [name, { store }])) as unknown as Caches;
  stores.captures.set(aCapture() as unknown as KubeObject);
  stores.destinations.set(aDestination() as unknown as KubeObject);
  /** What the writes of status take the object to be. */
  const versions: string[] = [];
  const objects = new Map<string, KubeObject>();
  const watches: AbortSignal[] = [];
  const statuses: { phase?: string; conditions: { type: string; reason: string; message: string }[] }[] = [];
  const kube = {
    get: (_resource: Resource, _namespace: string, name: string) => Promise.resolve(objects.get(name)),
    list: (resource: Resource) => Promise.resolve({ items: resource.plural === 'pods' ? pods : resource.plural === 'secrets' ? [KEYS] : [], resourceVersion: '1' }),
    create: (resource: Resource, _namespace: string, object: KubeObject) => {
      create(resource);
      objects.set(object.metadata.name, { ...object, metadata: { ...object.metadata, resourceVersion: '1' } });
      return Promise.resolve(object);
    },
    replace: (_resource: Resource, object: KubeObject) => Promise.resolve((replace(object), objects.set(object.metadata.name, object))),
    patch: (_resource: Resource, _namespace: string, _name: string, { status, metadata }: { status: (typeof statuses)[0]; metadata: { resourceVersion: string } }) => Promise.resolve((statuses.push(status), versions.push(metadata.resourceVersion), { metadata: { resourceVersion: `${Number(metadata.resourceVersion) + 1}` } })),
    remove: () => Promise.reject(new Error('can not delete')),
    async *watch(resource: Resource, _namespace: string, { signal }: { signal: AbortSignal }) {
      if (resource.plural === 'pods') watches.push(signal);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      yield* [];
    },
  } as unknown as Kube;
  const refusedJobs = new Map<string, string>();
  const metrics = new Metrics({ leads: () => true, log: silent });
  const released: string[] = [];
  const targetPods = new TargetPods(kube, silent, () => undefined);
  const sources = new DestinationSources(kube, 'packetcapture-system', silent, () => undefined);
  const { config } = aWorld();
  const admission = new Admission({ records: stores.records, limits: { namespace: 1, node: 1 }, wake: () => undefined, now: () => NOW });
  const controller = new CaptureController(
    { kube, config, caches, sources, targetPods, workloads: new Workloads(kube, silent, () => undefined), reports: new Reports(kube, silent, () => NOW), filters: { check: () => Promise.resolve({}) }, admission, refusedJobs, lookAgain: () => undefined, now: () => NOW },
    { kube, jobsNamespace: config.jobsNamespace, finalizers: { add: () => Promise.resolve('8'), remove: ({ metadata }) => (released.push(metadata.uid), Promise.resolve()) }, events: { event: () => undefined, flush: () => Promise.resolve() }, log: silent, now: () => NOW, statusWritten: new Map(), leftovers: { note: () => Promise.resolve() }, refusedJobs },
    new RunMeter(metrics),
    silent,
  );
  return { controller, stores, objects, watches, statuses, versions, released, stop: () => Promise.all([targetPods.stop(), sources.stop()]) };
}

test('the finalizer that was just put on is no conflict for the first status', async () => {
  const { controller, versions, stop } = harness({
    create: ({ plural }) => {
      if (plural === 'jobs') throw new KubeError({ status: 403, reason: 'Forbidden', message: 'no Jobs today' });
    },
  });
  await controller.reconcile(UID);
  await stop();
  expect([aCapture().metadata.resourceVersion, versions]).toEqual(['7', ['8']]);
});

test('a turn that made a Job leaves the status to the next one, which comes soon: the pod waits for its control', async () => {
  const { controller, statuses, objects, stores, stop } = harness();
  expect((await controller.reconcile(UID)).requeueAfterMs).toBeLessThanOrEqual(200);
  expect(statuses).toEqual([]);
  const job = [...objects.values()].find(({ spec }) => (spec as { template?: object } | undefined)?.template);
  stores.jobs.set({ ...job, metadata: { ...job?.metadata, uid: 'j' } } as KubeObject);
  await controller.reconcile(UID);
  await stop();
  expect(statuses[0]?.phase).toBe('Starting');
});

describe('a capture that waits for its pod', () => {
  test('leaves no watch behind when it is deleted', async () => {
    const { controller, stores, watches } = harness({ pods: [] });
    await controller.reconcile(UID);
    expect(watches.map(({ aborted }) => aborted)).toEqual([false]);
    stores.captures.delete('shop/web-resets');
    expect(await controller.reconcile(UID)).toEqual({});
    expect(watches.map(({ aborted }) => aborted)).toEqual([true]);
  });
});

test('a deleted capture whose run record can not be read goes after its drain time', async () => {
  const { controller, stores, objects, released, statuses, stop } = harness();
  objects.set(UID, { metadata: { name: UID, namespace: 'packetcapture-jobs', uid: 'c', resourceVersion: '1' }, data: { 'record.json': '{' } });
  await controller.reconcile(UID);
  expect(statuses.at(-1)?.conditions.find(({ type }) => type === 'Stalled')).toMatchObject({ reason: 'RecordUnreadable' });
  stores.captures.set(aCapture({}, { deletionTimestamp: at(-60_000), finalizers: ['packetcapture.dev/drain'] }) as unknown as KubeObject);
  await controller.reconcile(UID);
  await stop();
  expect(released).toEqual([UID]);
});

test('a turn that was decided on an older record touches no child, also where it would not change the record', async () => {
  const created: string[] = [];
  let replaced: KubeObject | undefined;
  const { controller, stop } = harness({
    create: ({ plural }) => void created.push(plural),
    replace: (object) => {
      replaced = object;
      throw new KubeError({ status: 409, reason: 'Conflict', message: 'the object has been modified' });
    },
  });
  await controller.reconcile(UID);
  expect(created).toEqual(['configmaps', 'secrets', 'jobs']);
  // The caches know neither Secret nor Job yet: both would be made again.
  await expect(controller.reconcile(UID)).rejects.toThrow('modified');
  await stop();
  expect(created).toHaveLength(3);
  expect(replaced?.metadata.resourceVersion).toBe('1');
});

describe('a child that the cluster does not take', () => {
  const refused = (message: string) => new KubeError({ status: 403, reason: 'Forbidden', message });
  const readyOf = (statuses: ReturnType<typeof harness>['statuses']) => statuses.at(-1)?.conditions.find(({ type }) => type === 'Ready');

  test.each([
    ['jobs', 'admission webhook "policy" denied the request: no privileged Jobs'],
    ['secrets', 'exceeded quota: secrets=10'],
  ])('%s: is said in the words of the cluster, and tried again', async (refusedKind, words) => {
    let tries = 0;
    const { controller, statuses, stop } = harness({
      create: ({ plural }) => {
        if (plural !== refusedKind) return;
        tries += 1;
        throw refused(words);
      },
    });
    await controller.reconcile(UID);
    await controller.reconcile(UID);
    await stop();
    expect(tries).toBe(2);
    expect(readyOf(statuses)).toMatchObject({ reason: 'AdmissionDenied', message: `the cluster refused the capture pod: ${words}` });
  });

  test('keeps neither the status from being written nor a deleted object from going', async () => {
    const { controller, statuses, stores, released, stop } = harness({
      create: ({ plural }) => {
        if (plural === 'jobs') throw new KubeError({ status: 500, reason: 'InternalError', message: 'failed calling webhook' });
      },
    });
    await expect(controller.reconcile(UID)).rejects.toThrow('failed calling webhook');
    expect(readyOf(statuses)?.reason).toBe('Starting');
    const job = { metadata: { name: 'stray', namespace: 'packetcapture-jobs', uid: 'j', resourceVersion: '1', labels: { 'packetcapture.dev/capture-uid': UID } } };
    stores.jobs.set(job);
    stores.captures.set(aCapture({}, { deletionTimestamp: at(-60_000), finalizers: ['packetcapture.dev/drain'] }) as unknown as KubeObject);
    await expect(controller.reconcile(UID)).rejects.toThrow('can not delete');
    await stop();
    expect(released).toEqual([UID]);
  });
});

test('of what people write on a capture nothing is kept but the requests, and of those no more than shows whether they can be used', () => {
  const annotations = { 'packetcapture.dev/stop': 'r', 'packetcapture.dev/snapshot': 's'.repeat(1000), 'kubectl.kubernetes.io/last-applied-configuration': 'x'.repeat(200_000) };
  const capture = aCapture({}, { annotations, labels: { a: 'b' }, managedFields: [], finalizers: ['f'] }) as unknown as KubeObject;
  expect(withoutForeignMetadata(capture)).toEqual(aCapture({}, { annotations: { 'packetcapture.dev/stop': 'r', 'packetcapture.dev/snapshot': 's'.repeat(129) }, finalizers: ['f'] }));
});
