// Downloads on a real API server and a real bucket, with the rights of the operator: URLs that serve what the manifest says, for a while, and for files of one's own captures only.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CaptureDownloadStatus } from '../../../src/api/capture-download.js';
import { CAPTURE_DOWNLOADS, PACKET_CAPTURES } from '../../../src/api/kinds.js';
import type { Kube } from '../../../src/kube/kube.js';
import type { KubeObject } from '../../../src/kube/object.js';
import { EVENTS, JOBS, NAMESPACES, PODS } from '../../../src/kube/resources.js';
import { locationOf } from '../../../src/plan/location.js';
import type { RunRecord } from '../../../src/plan/record.js';
import { emptyLedger } from '../../../src/protocol/ledger.js';
import { manifestKey } from '../../../src/protocol/keys.js';
import type { ManifestFile } from '../../../src/protocol/manifest.js';
import { REPORT_TAG } from '../../../src/protocol/report.js';
import { bytesBody } from '../../../src/storage/body.js';
import { aFile, aManifest, aSegment, sha256 } from '../../unit/plan/downloads/builders.js';
import { eventually } from '../eventually.js';
import { never, ownPrefix, removeAll, sandboxStore } from '../storage/sandbox-bucket.js';
import { aCapture, aPodOf, JOBS_NAMESPACE, list, NAMESPACE, operatorScene, podIsDone, records, type OperatorProcess, type OperatorScene } from './scene.js';

type Download = KubeObject & { status?: CaptureDownloadStatus };

const prefix = ownPrefix();
let scene: OperatorScene;
let admin: Kube;
let operator: OperatorProcess;

beforeAll(async () => {
  scene = await operatorScene(prefix);
  admin = scene.admin;
  await start();
}, 120_000);
afterAll(async () => {
  await scene.stop();
  await removeAll(prefix);
}, 30_000);

async function start(args: string[] = []): Promise<void> {
  operator?.child.kill('SIGKILL');
  operator = scene.startOperator(['--leader-elect=false', ...args]);
  await eventually('the operator runs', () => operator.log().includes('operator runs'), { timeoutMs: 60_000, everyMs: 100 });
}
const put = (key: string, content: string): Promise<unknown> => sandboxStore().put(key, bytesBody(Buffer.from(content)), 'application/octet-stream', never());
const recordOf = async (name: string): Promise<RunRecord | undefined> => (await records(admin)).find(({ capture }) => capture.name === name);
const download = (name: string, spec: object, namespace = NAMESPACE): Promise<KubeObject> =>
  admin.create(CAPTURE_DOWNLOADS, namespace, { apiVersion: 'packetcapture.dev/v1alpha1', kind: 'CaptureDownload', metadata: { name }, spec });
const readyOf = ({ status }: Download) => status?.conditions?.find(({ type }) => type === 'Ready');
const answered = (name: string, reason: string, namespace = NAMESPACE): Promise<Download> =>
  eventually(`${name}: ${reason}`, async () => {
    const found = await admin.get<Download>(CAPTURE_DOWNLOADS, namespace, name);
    if (found && readyOf(found)?.reason === reason && readyOf(found)?.observedGeneration === found.metadata.generation) return found;
    throw new Error(JSON.stringify(found && readyOf(found)));
  }, { timeoutMs: 60_000, everyMs: 100 });

interface Running {
  record: RunRecord;
  /** Of its keys. */
  prefix: string;
  podName: string;
  podUID: string;
}

/** A run whose pod on node-a is addressed. */
async function aRunningRun(name: string): Promise<Running> {
  const { metadata: { uid } } = await aCapture(admin, name, { duration: '1h' });
  const [job] = await eventually(`${name} has a Job`, async () => {
    const jobs = await list(admin, JOBS, JOBS_NAMESPACE, { labelSelector: `packetcapture.dev/capture-uid=${uid}` });
    return jobs.length > 0 && jobs;
  }, { timeoutMs: 60_000, everyMs: 100 });
  const podName = `agent-of-${name}`;
  await aPodOf(admin, job as KubeObject, podName);
  const record = await eventually('its pod is addressed', async () => {
    const found = await recordOf(name);
    return found?.run.nodes[0]?.addressed && found;
  }, { timeoutMs: 60_000, everyMs: 100 });
  return { record, prefix: locationOf(record.run, record.capture).prefix, podName, podUID: record.run.nodes[0]?.addressed?.podUID ?? '' };
}

/** Its agent is done, and nothing of it is left but its record. */
async function ends(name: string, { record, podName, podUID }: Running): Promise<void> {
  await podIsDone(admin, podName, record.run.id, podUID);
  await eventually(`${name} is over`, async () => (await recordOf(name))?.run.collected, { timeoutMs: 60_000, everyMs: 100 });
}

/** What an agent says before its first manifest; here in the last words of a container that is started again. */
async function says(running: Running, files: ManifestFile[]): Promise<void> {
  const { record, podName, podUID } = running;
  const time = new Date().toISOString();
  const recentFiles = files.map(({ key, target, size, sha256: sum, packets }) => ({ key, target, size, sha256: sum, packets }));
  const message = JSON.stringify({ report: REPORT_TAG, version: 1, runID: record.run.id, node: 'node-a', podUID, attempt: 1, number: 1, time, spool: 's', phase: 'Capturing', ledger: emptyLedger(), gaps: { count: 0, seconds: 0 }, captureStartTime: time, recentFiles, done: false });
  const containerStatuses = [{ name: 'agent', image: 'x', imageID: 'x', ready: true, restartCount: 1, state: { running: { startedAt: time } }, lastState: { terminated: { exitCode: 1, message } } }];
  await admin.patch(PODS, JOBS_NAMESPACE, podName, { status: { containerStatuses } }, { type: 'merge', subresource: 'status' });
}

const textAt = async (url: string | undefined): Promise<string> => (await fetch(url ?? '')).text();
const withSum = ({ key, size, sha256: sum }: ManifestFile) => ({ key, size, sha256: sum });

let web: Running;

test('a run that lasts: the files that its agent says are in the bucket, before there is a manifest', async () => {
  web = await aRunningRun('web');
  const file = aFile(web.prefix, 1, { size: 5, sha256: sha256('first') });
  await put(file.key ?? '', 'first');
  await says(web, [file]);
  await eventually('the operator has heard of it', async () => ((await admin.get<KubeObject & { status?: { recentFiles?: object[] } }>(PACKET_CAPTURES, NAMESPACE, 'web'))?.status?.recentFiles ?? []).length > 0, { timeoutMs: 60_000, everyMs: 100 });
  await download('live', { captureName: 'web' });
  const { status = {} } = await answered('live', 'Signed');
  expect(status).toMatchObject({ runID: web.record.run.id, total: 1, files: [withSum(file)], manifests: [] });
  expect(await textAt(status.files?.[0]?.url)).toBe('first');
}, 120_000);

test('a run that is over, with its Job and its Secret gone: every file by its URL, in pages, with manifest and segment', async () => {
  await ends('web', web);
  const { record, prefix: run } = web;
  const contents = ['first', 'second', 'third', 'fourth'];
  const files = contents.map((content, at) => aFile(run, at + 1, { size: content.length, sha256: sha256(content) }));
  const segment = aSegment(run, 1, files.slice(0, 2));
  const manifest = JSON.stringify(aManifest({ runID: record.run.id, capture: record.capture }, { files: [...files.slice(2), aFile(run, 5, { state: 'discarded' })], segments: [segment.named] }));
  await Promise.all([...files.map(({ key }, at) => put(key ?? '', contents[at] as string)), put(segment.named.key, segment.content), put(manifestKey(run, 'node-a', 1), manifest)]);

  await download('all', { captureName: 'web' });
  const { status = {} } = await answered('all', 'Signed');
  expect(status).toMatchObject({ runID: record.run.id, total: 4, files: files.map(withSum), manifests: [{ key: manifestKey(run, 'node-a', 1), size: manifest.length }, { key: segment.named.key, size: segment.content.length }] });
  for (const [at, { url }] of (status.files ?? []).entries()) expect(await textAt(url)).toBe(contents[at]);
  expect(await textAt(status.manifests?.[0]?.url)).toBe(manifest);

  await download('page', { captureName: 'web', runID: record.run.id, offset: 3, limit: 2 });
  expect((await answered('page', 'Signed')).status).toMatchObject({ total: 4, files: [withSum(files[3] as ManifestFile)] });
  await admin.patch(CAPTURE_DOWNLOADS, NAMESPACE, 'page', { spec: { offset: 1, limit: 1 } }, { type: 'merge' });
  expect((await answered('page', 'Signed')).status).toMatchObject({ files: [withSum(files[1] as ManifestFile)] });
  await admin.patch(CAPTURE_DOWNLOADS, NAMESPACE, 'page', { spec: { runID: '19700101T000000Z-000000' } }, { type: 'merge' });
  expect((await answered('page', 'RunNotFound')).status).not.toHaveProperty('files');
}, 120_000);

test('one that comes before its capture is answered when that is there', async () => {
  await download('early', { captureName: 'later' });
  await answered('early', 'CaptureNotFound');
  await aCapture(admin, 'later', { suspend: true });
  await answered('early', 'NoRunYet');
}, 60_000);

describe('hostile: tenant', () => {
  beforeAll(() => admin.create(NAMESPACES, undefined, { metadata: { name: 'bank' } }));

  test.each(['../shop/web', 'shop/web', 'web\n', 'web?x', '*', '..', 'WEB', ''])("a download of capture %j → refused by the API server", async (captureName) => {
    await expect(download('x', { captureName }, 'bank')).rejects.toMatchObject({ status: 422 });
  });

  test("a download of another namespace's capture, by its name and the id of its run → there is none", async () => {
    await download('theirs', { captureName: 'web', runID: web.record.run.id }, 'bank');
    expect((await answered('theirs', 'CaptureNotFound', 'bank')).status).not.toHaveProperty('files');
  });

  test('labels, annotations and a status as the operator writes them, of the first moment on → nothing is taken from them', async () => {
    const forged = { runID: web.record.run.id, expirationTime: '2999-01-01T00:00:00Z', conditions: [{ type: 'Ready', status: 'True', reason: 'Signed', observedGeneration: 1 }] };
    await admin.create(CAPTURE_DOWNLOADS, 'bank', { apiVersion: 'packetcapture.dev/v1alpha1', kind: 'CaptureDownload', metadata: { name: 'forged', labels: { 'packetcapture.dev/capture-uid': web.record.capture.uid, 'packetcapture.dev/run-id': web.record.run.id } }, spec: { captureName: 'web' }, status: forged });
    const { status } = await answered('forged', 'CaptureNotFound', 'bank');
    expect([status?.runID, status?.expirationTime]).toEqual([undefined, undefined]);
    // By whoever may write a status.
    await admin.patch(CAPTURE_DOWNLOADS, 'bank', 'forged', { status: { ...forged, observedGeneration: 1 } }, { type: 'merge', subresource: 'status' });
    expect((await answered('forged', 'CaptureNotFound', 'bank')).status).not.toHaveProperty('expirationTime');
  });

  test("a manifest in the bucket that names another namespace's keys → URLs of the run's own files only, and it is told", async () => {
    const { record, prefix: run } = web;
    const own = aFile(run, 1);
    const foreign = [`${prefix}bank/ledger/${record.run.id}/web-0_1a2b3c4d/01-000001_20261120T030512Z.pcap`, `${run}../../../bank/ledger/x_1a2b3c4d/01-000001_20261120T030512Z.pcap`];
    await put(manifestKey(run, 'node-a', 1), JSON.stringify(aManifest({ runID: record.run.id, capture: record.capture }, { files: [own, ...foreign.map((key) => ({ ...own, key }))] })));
    await download('bent', { captureName: 'web' });
    const { status } = await answered('bent', 'EntriesRefused');
    expect(status?.files?.map(({ key }) => key)).toEqual([own.key]);
    expect(JSON.stringify(status)).not.toContain('ledger');
  });

  test('a capture that is made again under the name of a deleted one → no file of the former one', async () => {
    await admin.remove(PACKET_CAPTURES, NAMESPACE, 'web');
    await eventually('it is gone', async () => (await admin.get(PACKET_CAPTURES, NAMESPACE, 'web')) === undefined, { timeoutMs: 60_000, everyMs: 100 });
    await download('after', { captureName: 'web' });
    await answered('after', 'CaptureNotFound');
    await aCapture(admin, 'web', { suspend: true });
    expect((await answered('after', 'NoRunYet')).status).not.toHaveProperty('files');
  }, 90_000);
});

test('URLs end, and the object goes then; nobody said one in a log or an Event', async () => {
  await start(['--download-expiry=3s']);
  const bornMs = Date.now();
  const own = await aRunningRun('short');
  await download('short', { captureName: 'short' });
  await eventually('all that was answered is removed', async () => {
    const left = (await list(admin, CAPTURE_DOWNLOADS, NAMESPACE)) as Download[];
    return operator.log().includes(own.record.run.id) && !left.some((one) => one.metadata.name === 'short' || readyOf(one)?.status === 'True');
  }, { timeoutMs: 60_000, everyMs: 200 });
  expect(Date.now() - bornMs).toBeGreaterThan(2000);
  const events = await list(admin, EVENTS, NAMESPACE);
  expect(JSON.stringify(events)).not.toMatch(/X-Amz-/);
  for (const { log } of scene.operators()) expect(log()).not.toMatch(/X-Amz-|Signature=/);
}, 120_000);
