// What agents say: the newest report in the tail of a pod's log, or in its termination message. Silence is no news.
import { LABEL } from '../api/group.js';
import type { Kube } from '../kube/kube.js';
import type { Log } from '../kube/log.js';
import { AGENT_CONTAINER } from '../plan/job.js';
import type { PodObject } from '../plan/objects.js';
import { heard, together } from '../protocol/heard.js';
import type { Report } from '../protocol/report.js';

/** Together they have room for about 150 targets. */
const TAIL_LINES = 16;
const MAX_BYTES = 128 * 1024;
const READ_TIMEOUT_MS = 5000;
/** Logs that are read at the same time, whatever the number of captures. */
const CONCURRENT_READS = 8;
/** How long a turn waits for its reads to begin: a capture may have agents on a hundred nodes. */
const PATIENCE_MS = 2000;
const MIN_INTERVAL_MS = 200;
/** After a first failure. */
const RETRY_MS = 1400;
/** A log that can't be read (its node is gone, perhaps) costs a worker the whole timeout: it is asked ever more seldom. */
const MAX_INTERVAL_MS = 30_000;

/** What is known of one pod's words. */
interface Reading {
  captureUID: string | undefined;
  newest?: Report;
  dueMs: number;
  failures: number;
  /** The log was read after the container had ended: nothing can follow, until it is started again. */
  endRead: boolean;
}

export class Reports {
  /** By the pod's UID. */
  private readonly readings = new Map<string, Reading>();
  private reading = 0;
  private readonly waiting = new Set<{ reading: Reading; go: () => void }>();

  constructor(
    private readonly kube: Pick<Kube, 'podLog'>,
    private readonly log: Log,
    private readonly now: () => number,
    private readonly patienceMs = PATIENCE_MS,
  ) {}

  get(podUID: string): Report | undefined {
    return this.readings.get(podUID)?.newest;
  }

  /** Of a capture whose runs are over, also those of pods that went before. */
  forget(captureUID: string): void {
    for (const [podUID, reading] of this.readings) if (reading.captureUID === captureUID) this.readings.delete(podUID);
  }

  /** Reads what a pod says now, unless that was just done, or too many others are read first: then the last word stands. */
  async refresh(pod: PodObject, runID: string): Promise<void> {
    const { uid, namespace, name, labels } = pod.metadata;
    const reading = this.readings.get(uid) ?? { captureUID: labels?.[LABEL.captureUID], dueMs: 0, failures: 0, endRead: false };
    this.readings.set(uid, reading);
    const running = pod.status?.containerStatuses?.some((s) => s.state?.running) ?? false;
    const ended = pod.status?.containerStatuses?.some((s) => s.state?.terminated) ?? false;
    const messages = (pod.status?.containerStatuses ?? []).flatMap((status) => heard([status.lastState, status.state].map((state) => state?.terminated?.message ?? '').join('\n'), runID, uid) ?? []);
    // What is the last word is not taken before the log was asked, which has room for all of it.
    for (const message of messages) if (!ended || reading.endRead || reading.failures > 0 || isWhole(message)) take(reading, message);
    const wanted = ended ? !reading.endRead : running;
    const rested = this.now() >= reading.dueMs || (ended && reading.failures === 0);
    if (!wanted || !rested || !(await this.turnOf(reading))) return;
    reading.dueMs = this.now() + MIN_INTERVAL_MS;
    try {
      const tail = await this.kube.podLog(namespace ?? '', name, AGENT_CONTAINER, { tailLines: TAIL_LINES, maxBytes: MAX_BYTES, timeoutMs: READ_TIMEOUT_MS });
      take(reading, heard(tail, runID, uid));
      reading.failures = 0;
      reading.endRead = ended;
    } catch (error) {
      reading.failures += 1;
      reading.dueMs = this.now() + Math.min(MAX_INTERVAL_MS, RETRY_MS * 2 ** (reading.failures - 1));
      this.log.debug({ pod: name, error: String(error) }, 'log of a capture pod could not be read');
    } finally {
      this.reading -= 1;
      this.next();
    }
    for (const message of messages) take(reading, message);
  }

  /** False where it did not come in time. */
  private turnOf(reading: Reading): Promise<boolean> {
    return new Promise((resolve) => {
      const waiter = { reading, go: () => (clearTimeout(timer), resolve(true)) };
      const timer = setTimeout(() => {
        this.waiting.delete(waiter);
        resolve(false);
      }, this.patienceMs);
      this.waiting.add(waiter);
      // Those who ask in the same moment are compared first.
      queueMicrotask(() => this.next());
    });
  }

  /** Whoever is due for the longest time is the next. */
  private next(): void {
    while (this.reading < CONCURRENT_READS && this.waiting.size > 0) {
      const first = [...this.waiting].reduce((a, b) => (a.reading.dueMs <= b.reading.dueMs ? a : b));
      this.waiting.delete(first);
      this.reading += 1;
      first.go();
    }
  }
}

const isWhole = ({ targets, targetCount }: Report): boolean => targetCount === undefined || targets.length >= targetCount;

function take(reading: Reading, report: Report | undefined): void {
  if (!report) return;
  const known = reading.newest;
  reading.newest = known ? together(known, report) : report;
}
