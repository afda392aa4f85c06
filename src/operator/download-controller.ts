// Reconciles one download: reads which files its run has in the bucket, writes URLs of them into its status, and removes it when they have ended.
import { captureDownloadSpecSchema, type CaptureDownloadSpec } from '../api/capture-download.js';
import { CAPTURE_DOWNLOADS } from '../api/kinds.js';
import { KubeError } from '../kube/errors.js';
import type { Kube } from '../kube/kube.js';
import type { Log } from '../kube/log.js';
import { objectKey, type KubeObject } from '../kube/object.js';
import { CONFIG_MAPS, NAMESPACES } from '../kube/resources.js';
import type { ReadonlyStore } from '../kube/store.js';
import type { HandlerResult } from '../kube/work-queue.js';
import { asksForLabels } from '../plan/destination.js';
import { chooseRun, type DownloadRun } from '../plan/downloads/run.js';
import { chooseSource, type ChosenSource } from '../plan/downloads/source.js';
import { answered, notAnswered, type Answer, type StatusPatch } from '../plan/downloads/status.js';
import { turnOf, type DownloadObject } from '../plan/downloads/turn.js';
import { parseRecord, type RunRecord } from '../plan/record.js';
import { refused, waiting, type Obstacle } from '../plan/waiting.js';
import { StorageError } from '../storage/errors.js';
import { presignedGets } from '../storage/presign.js';
import { createS3Store } from '../storage/s3.js';
import { presentable } from '../storage/words.js';
import type { Caches } from './caches.js';
import type { DestinationSources } from './destination-sources.js';
import { readFiles, type RunContent } from './download-files.js';
import { keysFor } from './download-keys.js';
import type { Reports } from './reports.js';

export interface DownloadEffects {
  kube: Kube;
  downloads: ReadonlyStore<KubeObject & DownloadObject>;
  caches: Pick<Caches, 'captures' | 'destinations'>;
  sources: Pick<DestinationSources, 'need' | 'referred'>;
  reports: Pick<Reports, 'get'>;
  systemNamespace: string;
  jobsNamespace: string;
  expiryMs: number;
  log: Log;
  now: () => number;
}

/** All that is read of a run's manifests has to come in this time. */
const READ_TIMEOUT_MS = 60_000;
/** What could not be answered is tried again so often, and when what it waits for changes. */
const RETRY_INTERVAL_MS = 30_000;

type Answered = { answer: Answer; obstacle?: undefined } | { answer?: undefined; obstacle: Obstacle };

export class DownloadController {
  constructor(private readonly effects: DownloadEffects) {}

  async reconcile(key: string, stop: AbortSignal): Promise<HandlerResult> {
    const { kube, downloads, expiryMs, log, now } = this.effects;
    const download = downloads.get(key);
    if (!download || download.metadata.deletionTimestamp) return {};
    const { namespace, name, uid, resourceVersion } = download.metadata;
    const turn = turnOf(download, now(), expiryMs);
    if (turn.do === 'wait') return { requeueAfterMs: turn.forMs };
    if (turn.do === 'remove') {
      await kube.remove(CAPTURE_DOWNLOADS, namespace, name, { uid, resourceVersion });
      log.info({ namespace, name }, 'download removed: its time is over');
      return {};
    }
    const { answer, obstacle } = await this.answer(download, AbortSignal.any([stop, AbortSignal.timeout(READ_TIMEOUT_MS)]));
    if (obstacle) {
      const status = notAnswered(download, obstacle, now());
      if (status) await this.write(download, status);
      return { requeueAfterMs: RETRY_INTERVAL_MS };
    }
    await this.write(download, answered(download, answer, now()));
    log.info({ namespace, name, run: answer.runID, files: answer.files.length, total: answer.total }, 'download answered');
    return { requeueAfterMs: answer.expirationMs - now() };
  }

  /** Nothing in it is taken from a tenant's words but which capture of his own namespace he means, which run of it, and which page. */
  private async answer(download: DownloadObject, signal: AbortSignal): Promise<Answered> {
    const spec = captureDownloadSpecSchema.safeParse(download.spec);
    if (!spec.success) return { obstacle: refused('InvalidSpec', spec.error.issues.map((issue) => `spec.${issue.path.join('.')}: ${issue.message}`).join('; ')) };
    const { record, obstacle } = await this.recordOf(download.metadata.namespace, spec.data.captureName);
    if (obstacle) return { obstacle };
    const chosen = chooseRun(record, spec.data.runID, (podUID) => this.effects.reports.get(podUID));
    if (chosen.obstacle || !record) return { obstacle: chosen.obstacle ?? waiting('NoRunYet', '') };
    const source = await this.sourceOf(chosen.run, download.metadata.namespace);
    if (source.obstacle) return { obstacle: source.obstacle };
    try {
      return await this.answerFrom(source, chosen.run, record.capture, spec.data, signal);
    } catch (error) {
      const unread = this.unread(error, chosen.run);
      if (!unread) throw error;
      this.effects.log.warn({ namespace: download.metadata.namespace, name: download.metadata.name, error: String(error) }, 'download not answered');
      return { obstacle: unread };
    }
  }

  /** By the capture that is there now: one that was deleted has no record any more. */
  private async recordOf(namespace: string, captureName: string): Promise<{ record?: RunRecord; obstacle?: Obstacle }> {
    const { kube, caches, jobsNamespace } = this.effects;
    const capture = caches.captures.store.get(objectKey(namespace, captureName));
    if (!capture) return { obstacle: waiting('CaptureNotFound', `spec.captureName "${captureName}": namespace "${namespace}" has no such PacketCapture; correct it, or, where it was deleted, ask whoever has keys to the bucket`) };
    const configMap = await kube.get<KubeObject>(CONFIG_MAPS, jobsNamespace, capture.metadata.uid);
    if (!configMap) return {};
    const { record } = parseRecord(configMap);
    const isIts = record?.capture.uid === capture.metadata.uid && record.capture.namespace === namespace && record.capture.name === captureName;
    return isIts ? { record } : { obstacle: waiting('RecordUnreadable', `the operator's record of PacketCapture "${captureName}" can't be read; the capture's own status says more`) };
  }

  private async sourceOf({ destination }: DownloadRun, namespace: string): Promise<ChosenSource> {
    const { kube, caches } = this.effects;
    const all = caches.destinations.store.list();
    const found = asksForLabels(destination.name, all) ? await kube.get<KubeObject>(NAMESPACES, undefined, namespace) : undefined;
    return chooseSource(destination, { namespace, labels: found && (found.metadata.labels ?? {}) }, all);
  }

  private async answerFrom({ source, spec }: Extract<ChosenSource, { obstacle?: undefined }>, run: DownloadRun, capture: RunRecord['capture'], { offset, limit }: CaptureDownloadSpec, signal: AbortSignal): Promise<Answered> {
    const { kube, sources, systemNamespace, jobsNamespace, expiryMs, now } = this.effects;
    const { s3 } = spec;
    await sources.need(source);
    const referred = sources.referred(source.spec);
    if (!referred || referred.credentials.problem !== undefined || referred.authorities.problem) return { obstacle: waiting('DestinationNotReady', `the keys of ClusterCaptureDestination "${source.metadata.name}" can't be used now; its owner sees more with: kubectl describe clustercapturedestination ${source.metadata.name}`) };
    const { credentials: { data }, authorities: { pem } } = referred;
    const keys = await keysFor(s3, data, pem, expiryMs, { kube, systemNamespace, jobsNamespace });
    if (keys.obstacle) return { obstacle: keys.obstacle };
    const location = { region: s3.region, bucket: run.destination.bucket, addressing: s3.addressing, ...(s3.endpoint !== undefined && { endpoint: s3.endpoint }) };
    const store = createS3Store({ ...location, credentials: () => Promise.resolve(keys.credentials), authorities: () => Promise.resolve(pem) });
    const { content, obstacle } = await readFiles(run, capture, store, signal);
    if (obstacle) return { obstacle };

    const nowMs = Math.floor(now() / 1000) * 1000;
    const seconds = Math.max(1, Math.floor(expiryMs / 1000));
    const expirationMs = Math.min(nowMs + seconds * 1000, keys.endMs ?? Infinity);
    const endpoint = s3.externalEndpoint ?? s3.endpoint;
    const sign = (paths: string[]): Promise<string[]> => presignedGets({ ...location, ...(endpoint !== undefined && { endpoint }) }, keys.credentials, paths, { seconds, nowMs });
    return { answer: { ...(await this.signed(content, offset, limit, sign)), runID: run.id, offset, expirationMs } };
  }

  private async signed({ files, manifests }: RunContent, offset: number, limit: number, sign: (paths: string[]) => Promise<string[]>): Promise<Pick<Answer, 'files' | 'manifests' | 'total' | 'refusedKeys'>> {
    const all = files.inOrder();
    const page = all.slice(offset, offset + limit);
    const urls = await sign([...page, ...manifests].map(({ key }) => key));
    const withURL = <T>(file: T, at: number): T & { url: string } => ({ ...file, url: urls[at] as string });
    return {
      files: page.map(({ key, size, sha256 }, at) => withURL({ key, size, ...(sha256 !== undefined && { sha256 }) }, at)),
      manifests: manifests.map((manifest, at) => withURL(manifest, page.length + at)),
      total: all.length,
      refusedKeys: files.refused,
    };
  }

  /** A tenant reads the code alone: the store's own words go to the log. */
  private unread(error: unknown, { destination }: DownloadRun): Obstacle | undefined {
    const what = `the manifests could not be read from the bucket of ClusterCaptureDestination "${destination.name}"`;
    if (error instanceof StorageError) return { reason: error.reason, message: `${what}: ${error.reason}${error.httpStatus === undefined ? '' : ` (HTTP ${error.httpStatus})`}; tried again and again, and the operator's log has the store's words`, terminal: false };
    if (error instanceof DOMException && error.name === 'TimeoutError') return waiting('BucketUnreachable', `${what} within ${READ_TIMEOUT_MS / 1000} s; tried again and again`);
    return undefined;
  }

  /** Of this object as it was looked at, and of no later one: an edit is answered by itself. */
  private async write({ metadata: { namespace, name, uid, resourceVersion } }: DownloadObject, status: StatusPatch): Promise<void> {
    try {
      await this.effects.kube.patch(CAPTURE_DOWNLOADS, namespace, name, { metadata: { uid, resourceVersion }, status }, { type: 'merge', subresource: 'status' });
    } catch (error) {
      throw error instanceof KubeError ? withoutURL(error) : error;
    }
  }
}

/** Whoever refuses a status may repeat it, and it holds URLs. */
export const withoutURL = ({ status, reason, message, retryAfterSeconds }: KubeError): KubeError => new KubeError({ status, reason, retryAfterSeconds, message: presentable(message) });
