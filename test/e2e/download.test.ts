// A run's files are had by URLs alone, without keys to the bucket: each as the manifest has it, and for a while.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CaptureDownloadStatus } from '../../src/api/capture-download.js';
import { manifestSchema } from '../../src/protocol/manifest.js';
import { eventually } from '../integration/eventually.js';
import { pcaps, sha256 } from './support/bucket.js';
import { applyCapture, capture, inPhase, stop, waitComplete } from './support/captures.js';
import { cleanUp, readyDestination, SYSTEM_NAMESPACE } from './support/destination.js';
import { apply, get, kubectl } from './support/kubectl.js';
import { operatorPods } from './support/operator.js';
import { freshNamespace, pod, RECEIVER, runningPodIP, runToEnd, sendNumbers } from './support/workload.js';

interface Download {
  metadata: { name: string; generation: number };
  status?: CaptureDownloadStatus;
}

const NAMESPACE = 'e2e-download';
const DESTINATION = 'e2e-download';
const DOWNLOADS = 'capturedownloads.packetcapture.dev';

beforeAll(async () => {
  await freshNamespace(NAMESPACE);
  const [storage] = await Promise.all([readyDestination(DESTINATION), apply(pod(NAMESPACE, 'web-0', RECEIVER))]);
  const ip = await runningPodIP(NAMESPACE, 'web-0');
  await applyCapture(NAMESPACE, 'web', { target: { podName: 'web-0' }, filter: 'udp port 9000', duration: '10m', ring: { rotateInterval: '2s' }, ...storage });
  await inPhase(NAMESPACE, 'web', 'Capturing');
  await runToEnd(NAMESPACE, 'numbers', sendNumbers(ip, 9000, 1000, 500));
  await stop(NAMESPACE, 'web');
  await waitComplete(NAMESPACE, 'web');
}, 240_000);
afterAll(() => cleanUp(NAMESPACE, DESTINATION), 200_000);

test('every file comes by its URL as the manifest has it; the object goes when they have ended; no URL is in a log or an Event', async () => {
  await apply({ apiVersion: 'packetcapture.dev/v1alpha1', kind: 'CaptureDownload', metadata: { name: 'web-1', namespace: NAMESPACE }, spec: { captureName: 'web' } });
  await kubectl(['wait', '--for=condition=Ready', `${DOWNLOADS}/web-1`, '-n', NAMESPACE, '--timeout=60s']);
  const download = (await get<Download>(DOWNLOADS, NAMESPACE, 'web-1')) as Download;
  const { status = {} } = download;
  const run = (await capture(NAMESPACE, 'web'))?.status?.run;
  const stored = await pcaps(run?.destination?.prefix ?? 'none');
  expect(stored.length).toBeGreaterThan(0);
  expect(status).toMatchObject({ runID: run?.id, total: stored.length });
  const fetched = async (url = ''): Promise<Buffer> => Buffer.from(await (await fetch(url)).arrayBuffer());
  const manifest = manifestSchema.parse(JSON.parse((await fetched(status.manifests?.[0]?.url)).toString()));
  const got = await Promise.all((status.files ?? []).map(async ({ key, url, size }) => {
    const bytes = await fetched(url);
    expect(bytes.length).toBe(size);
    return [key, sha256(bytes)];
  }));
  expect(got).toEqual(manifest.files.map(({ key, sha256: sum }) => [key, sum]));
  expect(new Set(got.map(([key]) => key))).toEqual(new Set(stored.map(({ key }) => key)));

  // A quarter of an hour later.
  const ended = { ...download, status: { ...status, expirationTime: new Date(Date.now() - 1000).toISOString().replace(/\.\d+/, '') } };
  await kubectl(['replace', '--raw', `/apis/packetcapture.dev/v1alpha1/namespaces/${NAMESPACE}/capturedownloads/web-1/status`, '-f', '-'], JSON.stringify(ended));
  await eventually('it is removed', async () => (await get(DOWNLOADS, NAMESPACE, 'web-1')) === undefined, { timeoutMs: 30_000, everyMs: 300 });

  const logs = await Promise.all((await operatorPods()).map(({ metadata }) => kubectl(['logs', metadata.name, '-n', SYSTEM_NAMESPACE])));
  const events = await kubectl(['get', 'events', '-A', '-o', 'json']);
  expect([...logs, events].join('\n')).not.toMatch(/X-Amz-|Signature=/);
}, 120_000);
