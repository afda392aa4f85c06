// Downloads on a real API server and a real bucket, with the rights of the operator: URLs that serve what the manifest says, for a while, and for files of one's own captures only.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CaptureDownloadStatus } from '../../../src/api/capture-download.js';
import { CAPTURE_DOWNLOADS, PACKET_CAPTURES } from '../../../src/api/kinds.js';
import type { Kube } from '../../../src/kube/kube.js';
import type { KubeObject } from '../../../src/kube/object.js';
import { JOBS } from '../../../src/kube/resources.js';
import { locationOf } from '../../../src/plan/location.js';
import type { RunRecord } from '../../../src/plan/record.js';
import { manifestKey } from '../../../src/protocol/keys.js';
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
  operator = scene.startOperator(['--leader-elect=false', '--download-expiry=20s']);
  await eventually('the operator runs', () => operator.log().includes('operator runs'), { timeoutMs: 60_000, everyMs: 100 });
}, 120_000);
afterAll(async () => {
  await scene.stop();
  await removeAll(prefix);
}, 30_000);

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

/** A run that an agent on node-a did and ended. */
async function aFinishedRun(name: string): Promise<{ record: RunRecord; prefix: string }> {
  const { metadata: { uid } } = await aCapture(admin, name);
  const [job] = await eventually(`${name} has a Job`, async () => {
    const jobs = await list(admin, JOBS, JOBS_NAMESPACE, { labelSelector: `packetcapture.dev/capture-uid=${uid}` });
    return jobs.length > 0 && jobs;
  }, { timeoutMs: 60_000, everyMs: 100 });
  await aPodOf(admin, job as KubeObject, `agent-of-${name}`);
  const { podUID } = await eventually('its pod is addressed', async () => (await recordOf(name))?.run.nodes[0]?.addressed, { timeoutMs: 60_000, everyMs: 100 });
  await podIsDone(admin, `agent-of-${name}`, (await recordOf(name))?.run.id ?? '', podUID);
  const record = await eventually(`${name} is over`, async () => {
    const found = await recordOf(name);
    return found?.run.collected && found;
  }, { timeoutMs: 60_000, everyMs: 100 });
  return { record, prefix: locationOf(record.run, record.capture).prefix };
}

test('a finished run: every file by its URL, in pages, with the manifest; nothing when the time is over', async () => {
  const { record, prefix: run } = await aFinishedRun('web');
  const contents = ['first', 'second', 'third', 'fourth'];
  const files = contents.map((content, at) => aFile(run, at + 1, { size: content.length, sha256: sha256(content) }));
  const segment = aSegment(run, 1, files.slice(0, 2));
  const manifest = JSON.stringify(aManifest({ runID: record.run.id, capture: record.capture }, { files: [...files.slice(2), aFile(run, 5, { state: 'discarded' })], segments: [segment.named] }));
  await Promise.all([...files.map(({ key }, at) => put(key ?? '', contents[at] as string)), put(segment.named.key, segment.content), put(manifestKey(run, 'node-a', 1), manifest)]);

  await download('all', { captureName: 'web' });
  const { status = {} } = await answered('all', 'Signed');
  expect(status).toMatchObject({ runID: record.run.id, total: 4, files: files.map(({ key, size, sha256: sum }) => ({ key, size, sha256: sum })), manifests: [{ key: manifestKey(run, 'node-a', 1), size: manifest.length }, { key: segment.named.key, size: segment.content.length }] });
  for (const [at, { url }] of (status.files ?? []).entries()) expect(await (await fetch(url ?? '')).text()).toBe(contents[at]);
  expect(await (await fetch(status.manifests?.[0]?.url ?? '')).text()).toBe(manifest);

  await download('page', { captureName: 'web', runID: record.run.id, offset: 3, limit: 2 });
  const page = await answered('page', 'Signed');
  expect(page.status).toMatchObject({ total: 4, files: [{ key: files[3]?.key }] });
  await admin.patch(CAPTURE_DOWNLOADS, NAMESPACE, 'page', { spec: { offset: 1, limit: 1 } }, { type: 'merge' });
  expect((await answered('page', 'Signed')).status).toMatchObject({ files: [{ key: files[1]?.key }] });

  const endMs = Date.parse(status.expirationTime ?? '');
  await eventually('they are removed', async () => (await list(admin, CAPTURE_DOWNLOADS, NAMESPACE)).length === 0, { timeoutMs: 60_000, everyMs: 200 });
  expect(Date.now()).toBeGreaterThanOrEqual(endMs);
  expect(operator.log()).not.toMatch(/X-Amz-|Signature/);
  await admin.remove(PACKET_CAPTURES, NAMESPACE, 'web');
}, 120_000);
