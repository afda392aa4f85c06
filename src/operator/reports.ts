// What agents say: the newest report in the tail of a pod's log, or in its termination message. Silence is no news.
import type { Kube } from '../kube/kube.js';
import type { Log } from '../kube/log.js';
import { AGENT_CONTAINER } from '../plan/job.js';
import type { PodObject } from '../plan/objects.js';
import { isNewer, lastReport, parseReport, type Report } from '../protocol/report.js';

const TAIL_LINES = 10;
const MAX_BYTES = 128 * 1024;
const READ_TIMEOUT_MS = 5000;
/** Logs that are read at the same time, whatever the number of captures. */
const CONCURRENT_READS = 8;
const MIN_INTERVAL_MS = 700;

export class Reports {
  private readonly newest = new Map<string, Report>();
  private readonly readMs = new Map<string, number>();
  /** Pods whose log was read after their container ended: nothing can follow, until it is started again. */
  private readonly endRead = new Set<string>();
  private reading = 0;

  constructor(
    private readonly kube: Kube,
    private readonly log: Log,
    private readonly now: () => number,
  ) {}

  get(podUID: string): Report | undefined {
    return this.newest.get(podUID);
  }

  forget(podUID: string): void {
    this.newest.delete(podUID);
    this.readMs.delete(podUID);
    this.endRead.delete(podUID);
  }

  /** Reads what a pod says now, unless that was just done or too many others are being read: then the last word stands. */
  async refresh(pod: PodObject, runID: string): Promise<void> {
    const { uid, namespace, name } = pod.metadata;
    for (const status of pod.status?.containerStatuses ?? []) {
      for (const message of [status.lastState?.terminated?.message, status.state?.terminated?.message]) this.take(uid, message === undefined ? undefined : parseReport(message.trim()), runID);
    }
    const running = pod.status?.containerStatuses?.some((s) => s.state?.running) ?? false;
    const ended = pod.status?.containerStatuses?.some((s) => s.state?.terminated) ?? false;
    const now = this.now();
    const due = ended ? !this.endRead.has(uid) : running && now - (this.readMs.get(uid) ?? 0) >= MIN_INTERVAL_MS;
    if (!due || this.reading >= CONCURRENT_READS) return;
    this.readMs.set(uid, now);
    if (ended) this.endRead.add(uid);
    else this.endRead.delete(uid);
    this.reading += 1;
    try {
      const tail = await this.kube.podLog(namespace ?? '', name, AGENT_CONTAINER, { tailLines: TAIL_LINES, maxBytes: MAX_BYTES, timeoutMs: READ_TIMEOUT_MS });
      this.take(uid, lastReport(tail, runID, uid), runID);
    } catch (error) {
      this.log.debug({ pod: name, error: String(error) }, 'log of a capture pod could not be read');
    } finally {
      this.reading -= 1;
    }
  }

  private take(podUID: string, report: Report | undefined, runID: string): void {
    if (report?.podUID !== podUID || report.runID !== runID) return;
    const known = this.newest.get(podUID);
    // A termination message is a report without its recent files: the log's own line is worth more.
    const fuller = known !== undefined && !isNewer(known, report) && report.recentFiles.length > known.recentFiles.length;
    if (!known || fuller || isNewer(report, known)) this.newest.set(podUID, report);
  }
}
