// One operator among hostile objects on a real API server: each is refused with words that are fit to be read, nothing of them runs, and whoever means well is served meanwhile.
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { filterProblem } from '../../../src/api/filter.js';
import { LABEL, MANAGED_BY, SNAPSHOT_ANNOTATION, STOP_ANNOTATION } from '../../../src/api/group.js';
import { isInvalid } from '../../../src/kube/errors.js';
import type { Kube } from '../../../src/kube/kube.js';
import type { KubeObject } from '../../../src/kube/object.js';
import { CONFIG_MAPS, EVENTS, JOBS, PODS, SECRETS } from '../../../src/kube/resources.js';
import { CLUSTER_CAPTURE_DESTINATIONS, PACKET_CAPTURES } from '../../../src/api/kinds.js';
import type { JobObject } from '../../../src/plan/objects.js';
import type { PacketCaptureStatus } from '../../../src/api/packetcapture-status.js';
import { CONTROL_ANNOTATION } from '../../../src/protocol/control.js';
import { eventually } from '../eventually.js';
import { CANARY, KINDS } from './hostile-specs.js';
import { onlyTcpdump, type OnlyTcpdump } from './only-tcpdump.js';
import { aPod, aPodOf, JOBS_NAMESPACE, list, operatorScene, podIsDone, records, SYSTEM_NAMESPACE, type OperatorProcess, type OperatorScene } from './scene.js';

type Capture = KubeObject & { status?: PacketCaptureStatus };

/** Where the CRD is as weak as a CRD can be, with a tenant who has the API server to ask and no more. */
const TENANT = 'shop';
const NEIGHBOUR = 'team';
/** Where the CRD is ours. */
const STRICT = 'strict';
const FLOOD = 500;
/** 16 s and 63 MB where nothing bounds it. */
const SLOW = Array.from({ length: 240 }, (_, n) => `portrange 1-${n + 2}`).join('||');
const KEYS = { accessKeyId: 'CANARY0ACCESS0KEY', secretAccessKey: 'canary/secret/key/of/a/bucket/owner' };

let scene: OperatorScene;
let admin: Kube;
let only: OnlyTcpdump;
let operator: OperatorProcess;
/** What the API server said by our own CRD, by the names of objects. */
const verdicts = new Map<string, unknown>();

const spec = (overrides: object = {}): object => ({ target: { podName: 'web-0' }, storage: { destinationRef: { name: 'team' } }, ...overrides });
const create = (namespace: string, name: string, overrides?: object, metadata: object = {}): Promise<Capture> =>
  admin.create<Capture>(PACKET_CAPTURES, namespace, { apiVersion: 'packetcapture.dev/v1alpha1', kind: 'PacketCapture', metadata: { name, ...metadata }, spec: spec(overrides) });
const read = (namespace: string, name: string): Promise<Capture | undefined> => admin.get<Capture>(PACKET_CAPTURES, namespace, name);
const ready = (capture: Capture | undefined) => capture?.status?.conditions?.find(({ type }) => type === 'Ready');
const captureThat = (what: string, namespace: string, name: string, check: (capture: Capture) => boolean, timeoutMs = 60_000): Promise<Capture> =>
  eventually(`${namespace}/${name} ${what}`, async () => {
    const capture = await read(namespace, name);
    return capture && check(capture) && capture;
  }, { timeoutMs, everyMs: 100 });
const jobsOf = async (capture: KubeObject): Promise<(KubeObject & JobObject)[]> => (await list(admin, JOBS, JOBS_NAMESPACE, { labelSelector: `${LABEL.captureUID}=${capture.metadata.uid}` }));

const hostile = KINDS.flatMap(([kind, specs]) => specs.map((one, n) => ({ ...one, kind, name: `${kind}-${n}` })));

/** Every text in a value, keys included. */
const texts = (value: unknown): string[] => (typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? Object.entries(value).flatMap(([key, inner]) => [key, ...texts(inner)]) : []);

async function batches<T>(items: T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const rest = [...items];
  await Promise.all(Array.from({ length: 20 }, async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  }));
}

/** Takes from the CRD all that it says of a spec, as a CRD of other hands may. */
async function weaken(): Promise<void> {
  const path = '/spec/versions/0/schema/openAPIV3Schema/properties/spec';
  await scene.apiServer.kubectl(['patch', 'crd', 'packetcaptures.packetcapture.dev', '--type=json', '-p', JSON.stringify([{ op: 'replace', path, value: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }])]);
  // The handler of the new schema may be one of several for a moment.
  await eventually('the API server takes what it is given', async () => {
    for (let n = 0; n < 3; n += 1) await scene.apiServer.kubectl(['create', '--dry-run=server', '-f', '-'], JSON.stringify({ apiVersion: 'packetcapture.dev/v1alpha1', kind: 'PacketCapture', metadata: { name: 'x', namespace: TENANT }, spec: { interface: '-i' } }));
    return true;
  }, { everyMs: 100 });
}

beforeAll(async () => {
  only = onlyTcpdump();
  scene = await operatorScene('hostile/');
  admin = scene.admin;
  for (const namespace of [NEIGHBOUR, STRICT]) await scene.apiServer.kubectl(['create', 'namespace', namespace]);
  await aPod(admin, NEIGHBOUR, 'web-0', {}, { phase: 'Running', podIP: '10.0.0.8', podIPs: [{ ip: '10.0.0.8' }] });
  await batches(hostile, async ({ name, spec: overrides }) => verdicts.set(name, await create(STRICT, name, overrides).catch((error: unknown) => error)));
  await scene.apiServer.kubectl(['delete', 'namespace', STRICT, '--wait=false']);
  await scene.apiServer.kubectl(['delete', 'packetcaptures.packetcapture.dev', '--all', '-n', STRICT]);
  await weaken();

  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  await admin.create(SECRETS, SYSTEM_NAMESPACE, { metadata: { name: 'canary' }, data: Object.fromEntries(Object.entries(KEYS).map(([key, value]) => [key, base64(value)])) });
  const { SANDBOX_S3_ENDPOINT: endpoint, SANDBOX_S3_BUCKET: bucket } = process.env;
  await admin.create(CLUSTER_CAPTURE_DESTINATIONS, undefined, { apiVersion: 'packetcapture.dev/v1alpha1', kind: 'ClusterCaptureDestination', metadata: { name: 'canary' }, spec: { s3: { endpoint, bucket, prefix: 'hostile/', auth: { secretRef: { name: 'canary' } } } } });

  operator = scene.startOperator(['--max-captures-per-node=100', '--start-deadline=1h', '--leader-elect=false'], { PATH: only.path });
  for (const name of ['slow-1', 'slow-2', 'slow-3']) await create(TENANT, name, { filter: `${SLOW}||port ${name.slice(5)}` });
  await batches(hostile, ({ name, spec: overrides }) => create(TENANT, name, overrides));
  await batches(Array.from({ length: FLOOD }, (_, n) => `flood-${n}`), (name) => create(TENANT, name));
  await create(TENANT, 'wrong-keys', { storage: { destinationRef: { name: 'canary' } } });
  await create(NEIGHBOUR, 'harmless', { filter: 'tcp port 8080' });
}, 120_000);
afterAll(async () => {
  await scene.stop();
  only.remove();
}, 30_000);

describe('hostile: crowd', () => {
  test(`${FLOOD} captures of one tenant at once, and filters that compile for ever → another tenant's capture begins before them`, async () => {
    const harmless = await captureThat('begins', NEIGHBOUR, 'harmless', ({ status }) => status?.phase === 'Starting');
    expect(await jobsOf(harmless)).toHaveLength(1);
    const others = (await list(admin, PACKET_CAPTURES, TENANT)) as Capture[];
    expect(others.filter(({ metadata, status }) => metadata.name.startsWith('flood') && status?.phase === 'Starting').length).toBeLessThanOrEqual(20);
    // One of them is compiled at a time, for ten seconds: the last has not had its turn.
    expect(ready(await read(TENANT, 'slow-3'))?.reason ?? 'CheckingFilter').toBe('CheckingFilter');
  }, 90_000);

  test(`${FLOOD} captures of one tenant at once → no more than its share of them run, the others are told that they wait`, async () => {
    const share = 20;
    await eventually('all others are told that they wait', async () => {
      const all = ((await list(admin, PACKET_CAPTURES, TENANT)) as Capture[]).filter(({ metadata }) => metadata.name.startsWith('flood'));
      return all.filter((capture) => ready(capture)?.reason === 'Queued').length === FLOOD - share;
    }, { timeoutMs: 120_000, everyMs: 500 });
    const running = (await records(admin)).filter(({ capture }) => capture.namespace === TENANT);
    expect(running).toHaveLength(share);
  }, 150_000);

  test('a filter that needs minutes and memory to compile → given up after ten seconds of processor time', async () => {
    const slow = await captureThat('is refused', TENANT, 'slow-1', (capture) => ready(capture)?.reason === 'InvalidFilter', 60_000);
    expect(ready(slow)?.message).toContain('tcpdump needs more than 10 s or 160 MiB to compile it');
  }, 90_000);
});

describe.each(KINDS)('hostile: %s', (kind) => {
  test.each(hostile.filter((one) => one.kind === kind).map((one) => [one.attack, one] as const))('%s → refused in plain words by API server and operator, nothing is made of it', async (_attack, { name, refusedBy }) => {
    const verdict = verdicts.get(name);
    if (refusedBy === 'schema') expect(isInvalid(verdict)).toBe(true);
    else expect(verdict).toHaveProperty('metadata.name', name);

    const refused = await captureThat('is refused', TENANT, name, (capture) => ready(capture)?.reason?.startsWith('Invalid') ?? false);
    expect(ready(refused)?.reason).toBe(refusedBy === 'tcpdump' ? 'InvalidFilter' : 'InvalidSpec');
    expect(refused.metadata.finalizers ?? []).toEqual([]);
    expect(refused.status?.run).toBeUndefined();
    expect(await jobsOf(refused)).toEqual([]);
    expect(texts(refused.status).filter((text) => /\p{C}/u.test(text))).toEqual([]);
    expect(JSON.stringify(refused.status).length).toBeLessThan(32 * 1024);
  }, 90_000);
});

describe('hostile: annotation', () => {
  const tokens: [what: string, token: string][] = [
    ['of 100 KiB', 'x'.repeat(100 * 1024)],
    ['of control characters and escapes', '\u001b[2J\u0007\u009b31m\n{"level":50}'],
    ['that turns the line round', '\u202egnp.exe'],
  ];
  test.each(tokens)('a snapshot token %s → asks for nothing, and is shown in short', async (_what, token) => {
    const name = `token-${tokens.findIndex(([, other]) => other === token)}`;
    await create(NEIGHBOUR, name, {}, { annotations: { [SNAPSHOT_ANNOTATION]: token, [STOP_ANNOTATION]: token } });
    const capture = await captureThat('begins', NEIGHBOUR, name, ({ status }) => status?.phase === 'Starting');
    const accepted = capture.status?.conditions?.find(({ type }) => type === 'Accepted');
    expect(accepted?.reason).toBe('InvalidSnapshotToken');
    expect(accepted?.message?.length).toBeLessThan(400);
    expect(texts(capture.status).filter((text) => /\p{C}/u.test(text))).toEqual([]);
    expect(capture.status?.handled).toEqual({});
    expect(capture.status?.run?.stopReason).toBeUndefined();
  }, 90_000);
});

describe('hostile: imitation', () => {
  const theRecord = async (uid: string) => (await records(admin)).find(({ capture }) => capture.uid === uid);

  test("a pod, a Job and a run record of a tenant's own with our names, labels and annotations → the run of another goes its way", async () => {
    const harmless = await captureThat('begins', NEIGHBOUR, 'harmless', ({ status }) => status?.phase === 'Starting');
    const { uid } = harmless.metadata;
    const [job] = await jobsOf(harmless);
    const record = await theRecord(uid);
    if (!job || !record) throw new Error('the run has no Job or no record');
    const labels = { [LABEL.managedBy]: MANAGED_BY, [LABEL.component]: 'agent', [LABEL.captureUID]: uid, [LABEL.runID]: record.run.id, 'job-name': job.metadata.name };
    const meta = { name: job.metadata.name, labels, annotations: { [CONTROL_ANNOTATION]: '{"forged":true}' } };
    const podSpec = { containers: [{ name: 'agent', image: 'x' }] };
    const pod = await admin.create(PODS, TENANT, { metadata: meta, spec: { ...podSpec, nodeName: 'node-a' } });
    await admin.patch(PODS, TENANT, meta.name, { status: { phase: 'Running', podIP: '10.0.0.8', podIPs: [{ ip: '10.0.0.8' }] } }, { type: 'merge', subresource: 'status' });
    // Its end says that the other's run is done.
    const message = { report: 'packetcapture.dev/report', version: 1, runID: record.run.id, podUID: pod.metadata.uid, done: true };
    await admin.patch(PODS, TENANT, meta.name, { status: { phase: 'Succeeded', containerStatuses: [{ name: 'agent', image: 'x', imageID: 'x', ready: false, restartCount: 0, state: { terminated: { exitCode: 0, message: JSON.stringify(message) } } }] } }, { type: 'merge', subresource: 'status' });
    await admin.create(JOBS, TENANT, { metadata: meta, spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } } });
    await admin.create(CONFIG_MAPS, TENANT, { metadata: { name: uid, labels: { ...labels, [LABEL.component]: 'run-record' } }, data: { 'record.json': JSON.stringify({ ...record, run: { ...record.run, destination: { ...record.run.destination, bucket: 'mine' } } }) } });

    // The real agent begins after them, and is the one that is heard.
    const agent = await aPodOf(admin, job, 'harmless-agent');
    await eventually('the agent is addressed', async () => (await theRecord(uid))?.run.nodes[0]?.addressed?.podUID === agent.metadata.uid, { timeoutMs: 20_000, everyMs: 100 });
    await podIsDone(admin, 'harmless-agent', record.run.id, agent.metadata.uid);
    const complete = await captureThat('is complete', NEIGHBOUR, 'harmless', ({ status }) => status?.phase === 'Complete');
    expect(complete.status?.run?.destination?.bucket).toBe(record.run.destination.bucket);
    const imitations = [await admin.get(PODS, TENANT, meta.name), await admin.get(JOBS, TENANT, meta.name), await admin.get(CONFIG_MAPS, TENANT, uid)];
    for (const object of imitations) expect(object?.metadata.annotations?.[CONTROL_ANNOTATION] ?? '{"forged":true}').toBe('{"forged":true}');
    expect(imitations.map((object) => object?.metadata.deletionTimestamp ?? object?.metadata.name)).toEqual([meta.name, meta.name, uid]);
  }, 90_000);

  test('a status that a tenant wrote, Complete and of another bucket → the operator says what is true', async () => {
    const name = 'forged-status';
    await create(NEIGHBOUR, name);
    const { status } = await captureThat('begins', NEIGHBOUR, name, (capture) => capture.status?.phase === 'Starting');
    const forged = { phase: 'Complete', handled: { stop: 'x' }, run: { ...status?.run, location: 's3://mine/', stopReason: 'Duration' }, conditions: [{ type: 'Complete', status: 'True', reason: 'Forged', message: '\u001b[2J' }], previousRuns: [] };
    await admin.patch(PACKET_CAPTURES, NEIGHBOUR, name, { status: forged }, { type: 'merge', subresource: 'status' });
    const mended = await captureThat('is told as it is', NEIGHBOUR, name, (capture) => capture.status?.phase === 'Starting' && capture.status.conditions?.length !== 1);
    expect(mended.status?.run).toEqual(status?.run);
    expect(mended.status?.handled).toEqual({});
    expect(JSON.stringify(mended.status)).not.toContain('Forged');
  }, 90_000);

  test('fields that the API does not know, for arguments, images and nodes → the Job is what it always is', async () => {
    const unknown = { tcpdumpArgs: ['-z', 'sh'], command: ['sh'], image: 'evil', nodeName: 'node-b', securityContext: {}, volumes: [{ hostPath: { path: '/' } }], constructor: { name: 'x' }, env: [{ name: 'LD_PRELOAD', value: CANARY }], destination: { prefix: '../' } };
    const capture = await create(NEIGHBOUR, 'unknown-fields', { ...unknown, upload: { ...unknown } });
    const [job] = await eventually('it has its Job', async () => {
      const jobs = await jobsOf(capture);
      return jobs.length > 0 && jobs;
    }, { timeoutMs: 20_000, everyMs: 100 });
    const text = JSON.stringify(job);
    for (const word of ['tcpdumpArgs', 'evil', 'node-b', 'LD_PRELOAD', CANARY, '"../"']) expect(text).not.toContain(word);
  }, 90_000);
});

describe('hostile: log line', () => {
  test('newlines, escapes and JSON in all of the above → each line of the log is one object of ours', () => {
    const lines = operator.log().split('\n').slice(0, -1);
    expect(lines.length).toBeGreaterThan(FLOOD);
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number), time: expect.any(Number), msg: expect.any(String), pid: operator.child.pid });
    expect(lines.filter((line) => /\p{Cc}/u.test(line))).toEqual([]);
    expect(operator.stdout()).toBe('');
  });

  test('the same → no Event carries what a terminal would act on', async () => {
    const events = (await list(admin, EVENTS, undefined)) as (KubeObject & { message?: string; reason?: string })[];
    expect(events.length).toBeGreaterThan(hostile.length / 2);
    expect(events.filter(({ message, reason }) => /\p{C}/u.test(`${message}${reason}`))).toEqual([]);
  });
});

describe('hostile: credential', () => {
  test('keys that a bucket refuses, and a tenant who captures into it → in no log line, status, Event, record or Job', async () => {
    await captureThat('waits', TENANT, 'wrong-keys', (capture) => ready(capture)?.reason === 'DestinationNotReady');
    const objects = await Promise.all([[PACKET_CAPTURES, undefined], [CLUSTER_CAPTURE_DESTINATIONS, undefined], [EVENTS, undefined], [CONFIG_MAPS, undefined], [JOBS, undefined], [PODS, undefined]].map(([resource, namespace]) => list(admin, resource as typeof PODS, namespace as undefined)));
    const said = [operator.log(), operator.stdout(), JSON.stringify(objects)].join('\n');
    const { SANDBOX_S3_SECRET_ACCESS_KEY: secret = '', SANDBOX_S3_ACCESS_KEY_ID: id = '' } = process.env;
    for (const key of [...Object.values(KEYS), secret, id]) for (const spelling of [key, Buffer.from(key).toString('base64'), encodeURIComponent(key)]) expect(said.includes(spelling)).toBe(false);
  }, 90_000);
});

describe('hostile: process', () => {
  test('all of the above → nothing runs but tcpdump with our arguments, and nobody made the canary', () => {
    const children = only.children();
    expect(children.length).toBeGreaterThan(10);
    for (const [cpu, memory, core, ...argv] of children) {
      expect([cpu, memory, core]).toEqual(['--cpu=10', '--as=167772160', '--core=0']);
      expect(argv.slice(0, 4)).toEqual(['tcpdump', '-n', '-ddd', '-y']);
      expect(['LINUX_SLL2', 'EN10MB', 'RAW']).toContain(argv[4]);
      expect(argv[5]).toBe('--');
      expect(argv).toHaveLength(7);
      expect(filterProblem(argv[6] ?? '-')).toBeUndefined();
    }
    expect(existsSync(CANARY)).toBe(false);
  });

  test('all of the above → the operator is the process that it was, within the memory that it has', () => {
    expect([operator.child.exitCode, operator.child.signalCode]).toEqual([null, null]);
    const peakKiB = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${operator.child.pid}/status`, 'utf8'))?.[1]);
    expect(peakKiB).toBeLessThan(512 * 1024);
    expect(operator.log()).not.toMatch(/"level":(50|60)/);
  });
});
