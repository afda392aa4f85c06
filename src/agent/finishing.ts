// The end of a run on this node: the last file, what is past its time, the final manifest, an empty folder.
import { rmdir } from 'node:fs/promises';
import { DISCARD_REASON } from '../api/reasons.js';
import { momentOf, msBetween } from './clock.js';
import type { Captures } from './captures.js';
import type { Deliveries } from './deliveries.js';
import type { AgentDependencies } from './dependencies.js';
import { markDone } from './done.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import type { Snapshots } from './snapshots.js';
import { isSuspended } from './spool/state.js';
import type { Telling } from './telling.js';

/** Where there is nothing (left) to deliver, the manifest is not waited for any longer. */
const LAST_MANIFEST_MS = 60_000;

export class Finishing {
  /** When the final manifest was begun. */
  private sinceMs: number | undefined;

  constructor(
    private readonly deps: AgentDependencies,
    private readonly captures: Captures,
    private readonly deliveries: Deliveries,
    private readonly snapshots: Snapshots,
    private readonly telling: Telling,
  ) {}

  get hasBegun(): boolean {
    return this.sinceMs !== undefined;
  }

  /** Capturing is over for good: what is left to do is to deliver. */
  get isDue(): boolean {
    const { state } = this.deps.spool;
    return state.stopped !== undefined && !isSuspended(state) && this.captures.areFinished;
  }

  /** Once nothing is captured any more: waits for the last file, gives up what is past its time, writes the final manifest. */
  async ifDrained(): Promise<void> {
    const { spool, clock, config } = this.deps;
    const { stopped, pending, leaving } = spool.state;
    if (!stopped || !this.isDue) return;
    this.captures.recordLastGaps();
    const overdueMs = msBetween(stopped, momentOf(clock)) - config.job.spool.retentionSeconds * 1000;
    if (overdueMs > 0) for (const file of Object.values(pending)) this.deliveries.letGo(file, DISCARD_REASON.drainExpired);
    if (Object.keys(pending).length > 0 || Object.keys(leaving).length > 0) return;

    this.snapshots.recordSettled();
    if (this.sinceMs === undefined) {
      this.sinceMs = clock.monotonic();
      await this.telling.stopPublishing('the final manifest follows');
      await this.deliveries.tidyUp();
    }
    if (!this.telling.isPublishing) this.telling.publish(true);
    const nothingToTell = overdueMs > 0 || this.captures.ledgers().total.packets.captured === 0;
    if (nothingToTell && clock.monotonic() - this.sinceMs > LAST_MANIFEST_MS) {
      await this.telling.stopPublishing(`the bucket took no manifest within ${LAST_MANIFEST_MS / 1000} s`);
      spool.record({ type: 'done' });
    }
  }

  /** The run's work is done: says so, and leaves nothing on the node. */
  async end(): Promise<ExitCode> {
    const { spool, config, log } = this.deps;
    await spool.sync();
    this.telling.report(true);
    await markDone(config.paths.pod, this.telling.lastLines).catch((error: unknown) => log.warn({ error: String(error) }, 'a container that is killed from here on would not know that all is done'));
    await spool.destroy();
    await rmdir(config.paths.hostSpool).catch(() => undefined);
    log.info({}, 'done');
    return EXIT.done;
  }
}
