// Downloads as the leader looks after them: their watch, their queue, and what makes those that wait look again. Without their CRD, or the right to them, all else goes on.
import { CAPTURE_DOWNLOADS } from '../api/kinds.js';
import { keyOf, splitKey, type KubeObject } from '../kube/object.js';
import { Reflector } from '../kube/reflector.js';
import { WorkQueue, type QueueMeter } from '../kube/work-queue.js';
import { isAnswered, type DownloadObject } from '../plan/downloads/turn.js';
import type { WatchMeter } from './caches.js';
import { DownloadController, type DownloadEffects } from './download-controller.js';

export type StoredDownload = KubeObject & DownloadObject;

/** Its URLs are nobody's to know but the one's who reads the object: they are not kept. */
export function withoutURLs({ apiVersion, kind, metadata, spec, status }: StoredDownload): StoredDownload {
  const { name, namespace, uid, resourceVersion, generation, deletionTimestamp } = metadata;
  const { observedGeneration, expirationTime, conditions } = status ?? {};
  return {
    ...(apiVersion !== undefined && { apiVersion }),
    ...(kind !== undefined && { kind }),
    metadata: { name, namespace, uid, resourceVersion, ...(generation !== undefined && { generation }), ...(deletionTimestamp !== undefined && { deletionTimestamp }) },
    spec,
    status: { ...(observedGeneration !== undefined && { observedGeneration }), ...(expirationTime !== undefined && { expirationTime }), ...(conditions && { conditions }) },
  };
}

interface Meters {
  meter?: QueueMeter;
  onFailed?: WatchMeter;
}

const BY_NAMESPACED_CAPTURE = 'capture';

export class Downloads {
  private readonly reflector: Reflector<StoredDownload>;
  private readonly queue: WorkQueue;
  private readonly controller: DownloadController;

  constructor(effects: Omit<DownloadEffects, 'downloads'>, { meter, onFailed }: Meters = {}) {
    const { kube, log } = effects;
    const captureOf = ({ metadata, spec }: StoredDownload): string => `${metadata.namespace}/${String((spec as { captureName?: unknown } | null)?.captureName)}`;
    this.reflector = new Reflector<StoredDownload>(kube, CAPTURE_DOWNLOADS, { transform: withoutURLs, indexers: { [BY_NAMESPACED_CAPTURE]: (download) => [captureOf(download)] }, log, ...(onFailed && { onFailed: () => onFailed(CAPTURE_DOWNLOADS.plural) }) });
    this.queue = new WorkQueue({ workers: 2, backoff: { initialMs: 500, maxMs: 60_000 }, log, ownerOf: (key) => splitKey(key).namespace ?? '', ...(meter && { meter }) });
    this.controller = new DownloadController({ ...effects, downloads: this.reflector.store });
    this.reflector.addHandler(({ key }) => this.queue.add(key));
  }

  start(): void {
    this.reflector.start();
    void this.queue.run((key, signal) => this.controller.reconcile(key, signal));
  }

  /** Something of a capture is another: `key` is its namespace and name. */
  captureChanged(key: string): void {
    this.lookAgain(this.reflector.store.byIndex(BY_NAMESPACED_CAPTURE, key));
  }

  destinationsChanged(): void {
    this.lookAgain(this.reflector.store.list());
  }

  async stop(): Promise<void> {
    await this.queue.shutdown(0);
    await this.reflector.stop();
  }

  /** What was answered stays as it was. */
  private lookAgain(downloads: StoredDownload[]): void {
    for (const download of downloads) if (!isAnswered(download)) this.queue.add(keyOf(download));
  }
}
