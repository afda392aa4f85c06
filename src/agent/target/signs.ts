// What one tcpdump says and what its files prove, put into the journal: it listens, all is quiet, all is written, so much was dropped, it is gone.
import { momentOf } from '../clock.js';
import { coveredUntil } from '../spool/coverage.js';
import type { StartID } from '../spool/events.js';
import type { StartFollower } from '../spool/follow.js';
import type { TargetState } from '../spool/state.js';
import { WrittenCheck } from '../spool/written.js';
import type { Tcpdump } from '../tcpdump/process.js';
import type { TargetDependencies } from './dependencies.js';
import type { TargetGaps } from './gaps.js';

/** How often a quiet line goes into the journal. */
const QUIET_EVERY_MS = 10_000;
/** How often the journal is told that all is written. */
const WRITTEN_EVERY_MS = 10_000;
/** When there is room no more, what was written since a look that found some may not have found any; and a look takes its time. */
const ROOM_SEEN_MS = 1000;
/** An unexpected end is noticed by its exit event, within this. */
const EXIT_NOTICE_MS = 100;

export class Signs {
  hasListened = false;
  private readonly written = new WrittenCheck();
  /** Up to when the disk had room for certain: a few packets that found none hide behind those that are written after a count. */
  private roomUntilUs = Infinity;

  constructor(
    private readonly id: StartID,
    private readonly tcpdump: Tcpdump,
    private readonly follower: Pick<StartFollower, 'packets' | 'open'>,
    private readonly deps: Pick<TargetDependencies, 'spool' | 'log' | 'wake' | 'clock'>,
    private readonly gaps: TargetGaps,
    private readonly onListening: () => void,
  ) {}

  private get target(): TargetState | undefined {
    return this.deps.spool.state.targets[this.id.target];
  }

  /** What it said since the last look. */
  take(): void {
    const { tcpdump, id } = this;
    const { spool } = this.deps;
    const { listeningMs, counters, quietMs } = tcpdump;
    if (listeningMs === undefined) return;
    if (!this.hasListened) this.announce(listeningMs);
    const { drops, quietUs } = this.target ?? {};
    const counted = drops?.attempt === id.attempt && drops.start === id.start ? drops : { kernel: 0, interface: 0 };
    if (counters && (counters.droppedByKernel !== counted.kernel || counters.droppedByInterface !== counted.interface)) {
      spool.record({ type: 'drops', ...id, kernel: counters.droppedByKernel, interface: counters.droppedByInterface });
    }
    if (quietMs !== undefined && quietMs - (quietUs ?? 0) / 1000 >= QUIET_EVERY_MS) spool.record({ type: 'quiet', target: id.target, timeMs: quietMs });
  }

  /** A disk that was full when it began to listen has no words of it: unheard, it would be asked for no counters and end no gap. */
  takeProof(): void {
    if (this.tcpdump.listeningMs !== undefined || this.follower.packets === 0) return;
    this.tcpdump.provesToListen();
    this.take();
  }

  private announce(timeMs: number): void {
    const { spool, log, wake, clock } = this.deps;
    this.hasListened = true;
    // The gap first: once its end is recorded nobody knows any more where it began.
    this.gaps.close(timeMs * 1000);
    spool.record({ type: 'listening', ...this.id, ...momentOf(clock), timeMs });
    this.onListening();
    log.info({ ...this.id }, 'tcpdump listens');
    wake();
  }

  /** The disk has no room, for whatever is written now. `roomMs`: when it was seen to have some (ms since the epoch). */
  hasNoRoom(roomMs: number): void {
    this.roomUntilUs = Math.min(this.roomUntilUs, (roomMs - ROOM_SEEN_MS) * 1000);
  }

  /** Up to when its files lack nothing. */
  private get writtenUs(): number | undefined {
    const { writtenUs } = this.written;
    return writtenUs === undefined ? undefined : Math.min(writtenUs, this.roomUntilUs);
  }

  /** Whether its files hold what it counted. */
  isAllWritten(): boolean {
    const { tcpdump, follower, written } = this;
    const { counters, countedMs, listeningMs } = tcpdump;
    if (!counters || listeningMs === undefined) return true;
    const lastUs = Math.max(listeningMs * 1000, follower.open?.lastUs ?? 0, this.target?.lastPacketUs ?? 0);
    written.check({ counted: counters.captured, countedUs: (countedMs ?? listeningMs) * 1000, inFiles: follower.packets, lastUs });
    const { writtenUs } = this;
    if (writtenUs !== undefined && writtenUs - (this.target?.writtenUs ?? listeningMs * 1000) >= WRITTEN_EVERY_MS * 1000) this.deps.spool.record({ type: 'written', target: this.id.target, timeMs: Math.floor(writtenUs / 1000) });
    return !written.isShort;
  }

  /** `drainedUs`: all that had arrived by then was written; `seenMs`: up to then it listened to the right pod; `isShort`: its files lack packets. */
  recordExit(exitMs: number, isShort: boolean, drainedUs: number | undefined, seenMs: number): void {
    const { tcpdump, id, target } = this;
    const { spool } = this.deps;
    if (tcpdump.listeningMs === undefined || !target) {
      spool.record({ type: 'exited', ...id, timeMs: exitMs });
      return;
    }
    const listenedUntilUs = coveredUntil({
      listeningUs: tcpdump.listeningMs * 1000,
      quietUs: tcpdump.quietMs === undefined ? undefined : tcpdump.quietMs * 1000,
      lastPacketUs: target.lastPacketUs,
      drainedUs,
      endUs: (tcpdump.stopRequestedMs ?? exitMs - EXIT_NOTICE_MS) * 1000,
      countedUs: tcpdump.countedMs === undefined ? undefined : tcpdump.countedMs * 1000,
      writtenUs: isShort ? (this.writtenUs ?? 0) : undefined,
      closing: tcpdump.closing,
    });
    const coveredUs = Math.max(tcpdump.listeningMs * 1000, Math.min(listenedUntilUs, seenMs * 1000));
    spool.record({ type: 'exited', ...id, timeMs: exitMs, coveredUs });
  }
}
