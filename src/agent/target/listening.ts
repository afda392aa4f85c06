// One tcpdump that listens to a target: what it says and writes goes into the journal, up to its last file.
import { momentOf, pause } from '../clock.js';
import type { OpenFile } from '../ledger.js';
import { coveredUntil } from '../spool/coverage.js';
import type { StartID } from '../spool/events.js';
import { StartFollower, type ClosedSavefile } from '../spool/follow.js';
import { recordClosed } from '../spool/leftovers.js';
import type { TargetState } from '../spool/state.js';
import { WrittenCheck } from '../spool/written.js';
import { Tcpdump, type TcpdumpExit, type TcpdumpStart } from '../tcpdump/process.js';
import type { TargetDependencies } from './dependencies.js';
import { Drain, type Progress } from './drain.js';
import { GAP_REASON, type TargetGaps } from './gaps.js';
import type { Share } from './shares.js';

/** A disk that gives nothing back for so long is not waited for any longer. */
const UNREADABLE_MS = 10_000;
/** Between two tries to close the files of a tcpdump that is gone. */
const CLOSE_AGAIN_MS = 1000;
/** How often a quiet line goes into the journal. */
const QUIET_EVERY_MS = 10_000;
/** How often the journal is told that all is written. */
const WRITTEN_EVERY_MS = 10_000;
/** A tcpdump that answers so long nothing may have been stopped by somebody: it is woken. */
const SILENT_MS = 3000;
/** So long, it hangs: another one is started in its place. Before it listens it has more time: a busy node starts it slowly. */
const HUNG_MS = 8000;
const HUNG_AT_START_MS = 30_000;
/** One that hangs most likely heeds no SIGINT either. */
const HUNG_KILL_MS = 1000;
/** An unexpected end is noticed by its exit event, within this. */
const EXIT_NOTICE_MS = 100;

/** What is in the files: all that was asked for, not yet, or what had arrived up to then (ms since the epoch), because tcpdump is behind. */
export type Written = 'all' | 'waiting' | number;

export interface Ended {
  exit: TcpdumpExit;
  /** How long it listened. */
  listenedMs: number;
}

export class Listening {
  private announced = false;
  private lastPollError = '';
  /** Since when its files cannot be looked at, monotonic. */
  private unreadableSinceMs: number | undefined;
  private wasWoken = false;
  /** Why it was ended, where it says nothing itself. */
  private words = '';
  private drain: Drain | undefined;
  private seenMs = Infinity;
  private readonly written = new WrittenCheck();
  private readonly follower: StartFollower;

  private constructor(
    private readonly id: StartID,
    folder: string,
    private readonly tcpdump: Tcpdump,
    private readonly deps: TargetDependencies,
    private readonly gaps: TargetGaps,
    /** It listens. */
    private readonly onListening: () => void,
    /** Its files cannot be looked at; undefined: they can again. */
    private readonly onUnreadable: (message: string | undefined) => void,
  ) {
    this.follower = new StartFollower(folder, (file) => this.closed(file));
  }

  static async start(target: string, linkType: string, share: Share, netns: TcpdumpStart['netns'], deps: TargetDependencies, gaps: TargetGaps, onListening: () => void, onUnreadable: (message: string | undefined) => void): Promise<Listening> {
    const { folder, ...id } = await deps.spool.newStart(target, deps.attempt, share);
    const tcpdump = await Tcpdump.start({ argv: deps.argv(share, linkType), folder, netns, lock: deps.lock }, deps.clock);
    return new Listening(id, folder, tcpdump, deps, gaps, onListening, onUnreadable);
  }

  /** The open file as far as it was scanned. */
  get open(): (OpenFile & { sizeBytes: number }) | undefined {
    return this.follower.open;
  }

  private get target(): TargetState | undefined {
    return this.deps.spool.state.targets[this.id.target];
  }

  /** Ends tcpdump in order, since `stopMs` (ms since the epoch); `drain`: only once it has written what had arrived by then. */
  stop(stopMs: number, drain: boolean): void {
    this.drain ??= new Drain(stopMs, this.deps.clock.monotonic(), drain);
    this.endWhenDrained();
  }

  /** Ends tcpdump in order, because since `seenMs` (ms since the epoch) the pod may be in another netns: what it listened to since then is none of the pod's. */
  leave(seenMs: number): void {
    this.seenMs = seenMs;
    this.stop(this.deps.clock.now(), true);
  }

  private endWhenDrained(): void {
    const { drain, tcpdump } = this;
    if (!drain || tcpdump.stopRequestedMs !== undefined) return;
    tcpdump.resume();
    if (drain.isOver(this.progress)) tcpdump.stop();
  }

  private get progress(): Progress {
    const { follower, tcpdump } = this;
    return { monotonicMs: this.deps.clock.monotonic(), lastUs: follower.open?.lastUs ?? this.target?.lastPacketUs ?? 0, packets: follower.packets, listens: this.announced, isPaused: tcpdump.isPaused };
  }

  writtenUpTo(drain: Drain): Written {
    const { progress } = this;
    if (!drain.isOver(progress)) return 'waiting';
    return drain.drainedUs === undefined && this.announced ? Math.floor(progress.lastUs / 1000) : 'all';
  }

  /** All that had arrived by then was scanned or counted as dropped; undefined before it listens. */
  get countedUs(): number | undefined {
    const { listeningMs, quietMs } = this.tcpdump;
    return this.announced && listeningMs !== undefined ? Math.max(listeningMs * 1000, (quietMs ?? 0) * 1000, this.progress.lastUs) : undefined;
  }

  cut(): Promise<void> {
    return this.follower.cut();
  }

  pause(): void {
    if (!this.drain) this.tcpdump.pause();
  }

  resume(): void {
    this.tcpdump.resume();
  }

  askForCounters(): void {
    this.tcpdump.askForCounters();
  }

  /** Takes in what tcpdump wrote and said since the last look. */
  async poll(): Promise<void> {
    try {
      await this.tcpdump.readStderr();
      this.takeSigns();
      this.checkAnswers();
      await this.follower.poll();
      this.isReadable();
      this.takeProof();
      this.checkWritten();
      this.endWhenDrained();
    } catch (error) {
      if (String(error) !== this.lastPollError) this.deps.log.warn({ target: this.id.target, error: String(error) }, 'files of tcpdump could not be looked at; trying again');
      this.lastPollError = String(error);
      if (!this.isUnreadableForGood(error)) return;
      // What it writes there is lost: another one begins in a folder of its own.
      this.words ||= `files of tcpdump could not be read: ${String(error)}`;
      this.tcpdump.stop();
    }
  }

  private checkAnswers(): void {
    const { tcpdump, id } = this;
    const { silentMs } = tcpdump;
    if (silentMs >= (this.announced ? HUNG_MS : HUNG_AT_START_MS)) {
      this.gaps.reason = GAP_REASON.tcpdumpHung;
      this.words = `tcpdump answered nothing for ${Math.round(silentMs / 1000)} s and was ended`;
      tcpdump.stop(HUNG_KILL_MS);
    } else if (this.announced && silentMs >= SILENT_MS) {
      if (this.wasWoken) return;
      this.wasWoken = true;
      this.deps.log.warn({ ...id, silentMs }, 'tcpdump does not answer: it is sent a SIGCONT, in case somebody stopped it');
      tcpdump.wakeUp();
    } else if (silentMs === 0) this.wasWoken = false;
  }

  /** A file that could not be written to once takes nothing any more, and tcpdump does not say so: only another one helps. */
  private checkWritten(): void {
    const { tcpdump, follower, written } = this;
    const { counters, countedMs, listeningMs } = tcpdump;
    if (!counters || listeningMs === undefined) return;
    const lastUs = Math.max(listeningMs * 1000, follower.open?.lastUs ?? 0, this.target?.lastPacketUs ?? 0);
    written.check({ counted: counters.captured, countedUs: (countedMs ?? listeningMs) * 1000, inFiles: follower.packets, lastUs });
    const { writtenUs } = written;
    if (writtenUs !== undefined && writtenUs - (this.target?.writtenUs ?? listeningMs * 1000) >= WRITTEN_EVERY_MS * 1000) this.deps.spool.record({ type: 'written', target: this.id.target, timeMs: Math.floor(writtenUs / 1000) });
    if (!written.isShort) return;
    this.gaps.reason = GAP_REASON.notWritten;
    tcpdump.stop();
  }

  /** Resolves when tcpdump is gone, its files are closed and all that is recorded. */
  async ended(): Promise<Ended> {
    const { tcpdump, deps, follower } = this;
    const exit = await tcpdump.exited;
    const exitMs = deps.clock.now();
    this.takeSigns();
    await this.closeFiles();
    this.takeProof();
    exit.lastWords ||= this.words;
    const missing = (tcpdump.counters?.captured ?? 0) - follower.packets;
    if (missing > 0) {
      this.gaps.reason = GAP_REASON.notWritten;
      exit.lastWords ||= `${missing} packets could not be written: is the disk full?`;
    }
    this.recordExit(exitMs, missing > 0);
    return { exit, listenedMs: tcpdump.listeningMs === undefined ? 0 : exitMs - tcpdump.listeningMs };
  }

  /** Its folder goes once nothing of it is pending; only when it counts as running no more. */
  removeFolderIfEmpty(): Promise<void> {
    return this.deps.spool.removeStartIfEmpty(this.id);
  }

  /** Its files are not let out of sight before they are recorded: the run would end without them. */
  private async closeFiles(): Promise<void> {
    for (;;) {
      try {
        await this.follower.poll(true);
        return this.isReadable();
      } catch (error) {
        this.deps.log.warn({ target: this.id.target, error: String(error) }, 'last files of tcpdump could not be closed; trying again');
        if (this.isUnreadableForGood(error)) return this.follower.abandon();
        await pause(CLOSE_AGAIN_MS);
      }
    }
  }

  private isUnreadableForGood(error: unknown): boolean {
    const nowMs = this.deps.clock.monotonic();
    this.unreadableSinceMs ??= nowMs;
    this.onUnreadable(`the node's disk does not give back what tcpdump wrote: ${String(error)}`);
    return nowMs - this.unreadableSinceMs >= UNREADABLE_MS;
  }

  private isReadable(): void {
    if (this.unreadableSinceMs !== undefined) this.onUnreadable(undefined);
    this.unreadableSinceMs = undefined;
  }

  private closed(file: ClosedSavefile): Promise<void> {
    this.deps.wake();
    return recordClosed(this.deps.spool, this.id, file, this.deps.log);
  }

  /** Puts what tcpdump said into the journal: that it listens, that all is quiet, what it dropped. */
  private takeSigns(): void {
    const { tcpdump, id } = this;
    const { spool } = this.deps;
    const { listeningMs, counters, quietMs } = tcpdump;
    if (listeningMs === undefined) return;
    if (!this.announced) this.announce(listeningMs);
    const { drops, quietUs } = this.target ?? {};
    const counted = drops?.attempt === id.attempt && drops.start === id.start ? drops : { kernel: 0, interface: 0 };
    if (counters && (counters.droppedByKernel !== counted.kernel || counters.droppedByInterface !== counted.interface)) {
      spool.record({ type: 'drops', ...id, kernel: counters.droppedByKernel, interface: counters.droppedByInterface });
    }
    if (quietMs !== undefined && quietMs - (quietUs ?? 0) / 1000 >= QUIET_EVERY_MS) spool.record({ type: 'quiet', target: id.target, timeMs: quietMs });
  }

  /** A disk that was full when it began to listen has no words of it: unheard, it would be asked for no counters and end no gap. */
  private takeProof(): void {
    if (this.tcpdump.listeningMs !== undefined || this.follower.packets === 0) return;
    this.tcpdump.provesToListen();
    this.takeSigns();
  }

  private announce(timeMs: number): void {
    const { spool, log, wake, clock } = this.deps;
    this.announced = true;
    // The gap first: once its end is recorded nobody knows any more where it began.
    this.gaps.close(timeMs * 1000);
    spool.record({ type: 'listening', ...this.id, ...momentOf(clock), timeMs });
    this.onListening();
    log.info({ ...this.id }, 'tcpdump listens');
    wake();
  }

  private recordExit(exitMs: number, isShort: boolean): void {
    const { tcpdump, id, target, written } = this;
    const { spool } = this.deps;
    if (tcpdump.listeningMs === undefined || !target) {
      spool.record({ type: 'exited', ...id, timeMs: exitMs });
      return;
    }
    const listenedUntilUs = coveredUntil({
      listeningUs: tcpdump.listeningMs * 1000,
      quietUs: tcpdump.quietMs === undefined ? undefined : tcpdump.quietMs * 1000,
      lastPacketUs: target.lastPacketUs,
      drainedUs: this.drain?.drainedUs,
      endUs: (tcpdump.stopRequestedMs ?? exitMs - EXIT_NOTICE_MS) * 1000,
      countedUs: tcpdump.countedMs === undefined ? undefined : tcpdump.countedMs * 1000,
      writtenUs: isShort ? (written.writtenUs ?? 0) : undefined,
      closing: tcpdump.closing,
    });
    const coveredUs = Math.max(tcpdump.listeningMs * 1000, Math.min(listenedUntilUs, this.seenMs * 1000));
    spool.record({ type: 'exited', ...id, timeMs: exitMs, coveredUs });
  }
}
