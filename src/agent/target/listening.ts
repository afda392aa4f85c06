// One tcpdump that listens to a target: what it says and writes goes into the journal, up to its last file.
import { pause } from '../clock.js';
import type { OpenFile } from '../ledger.js';
import type { StartID } from '../spool/events.js';
import { StartFollower, type ClosedSavefile } from '../spool/follow.js';
import { recordClosed } from '../spool/leftovers.js';
import type { TargetState } from '../spool/state.js';
import { Tcpdump, type TcpdumpExit, type TcpdumpStart } from '../tcpdump/process.js';
import { Answers } from './answers.js';
import type { Standing } from '../stillness.js';
import type { TargetDependencies } from './dependencies.js';
import { Drain, type Progress } from './drain.js';
import { GAP_REASON, type TargetGaps } from './gaps.js';
import { Readable } from './readable.js';
import type { Share } from '../spool/events.js';
import { Signs } from './signs.js';

/** Between two tries to close the files of a tcpdump that is gone. */
const CLOSE_AGAIN_MS = 1000;
const UNTOUCHED_AGAIN_MS = 5000;
/** An answer is read at the look after the question. */
const LATE_ANSWER_MS = 2000;
/** One that hangs most likely heeds no SIGINT either. */
const HUNG_KILL_MS = 1000;

/** What is in the files: all that was asked for, not yet, or what had arrived up to then (ms since the epoch), because tcpdump is behind. */
export type Written = 'all' | 'waiting' | number;

export interface Ended {
  exit: TcpdumpExit;
  /** How long it listened. */
  listenedMs: number;
}

export class Listening {
  private lastPollError = '';
  private followedMs = -Infinity;
  private readonly answers = new Answers();
  private readonly readable: Readable;
  /** Why it was ended, where it says nothing itself. */
  private words = '';
  private drain: Drain | undefined;
  private seenMs = Infinity;
  private readonly signs: Signs;
  private readonly follower: StartFollower;

  private constructor(
    private readonly id: StartID,
    private readonly folder: string,
    private readonly tcpdump: Tcpdump,
    private readonly deps: TargetDependencies,
    private readonly gaps: TargetGaps,
    /** It listens. */
    onListening: () => void,
    /** Its files cannot be looked at; undefined: they can again. */
    onUnreadable: (message: string | undefined) => void,
  ) {
    this.readable = new Readable(deps.clock, onUnreadable);
    this.follower = new StartFollower(folder, (file) => this.closed(file));
    this.signs = new Signs(id, tcpdump, this.follower, deps, gaps, onListening);
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

  /** Where it stands in its savefiles. */
  get tail(): (StartID & { name: string; end: number }) | undefined {
    const { tail } = this.follower;
    return tail && { ...this.id, ...tail };
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
    return { monotonicMs: this.deps.clock.monotonic(), lastUs: follower.open?.lastUs ?? this.target?.lastPacketUs ?? 0, packets: follower.packets, listens: this.signs.hasListened, isPaused: tcpdump.isPaused };
  }

  writtenUpTo(drain: Drain): Written {
    const { progress } = this;
    if (!drain.isOver(progress)) return 'waiting';
    return drain.drainedUs === undefined && this.signs.hasListened ? Math.floor(progress.lastUs / 1000) : 'all';
  }

  /** All that had arrived by then was scanned or counted as dropped; undefined before it listens. */
  get countedUs(): number | undefined {
    const { listeningMs, quietMs } = this.tcpdump;
    return this.signs.hasListened && listeningMs !== undefined ? Math.max(listeningMs * 1000, (quietMs ?? 0) * 1000, this.progress.lastUs) : undefined;
  }

  cut(): Promise<void> {
    return this.follower.cut();
  }

  /** How it stands with what it wrote and counted; undefined where something else goes on than that it listens. */
  get standing(): Standing | undefined {
    const { tcpdump, follower, signs, drain, readable } = this;
    if (drain || !signs.hasListened || tcpdump.isPaused || tcpdump.stopRequestedMs !== undefined || readable.isTrouble || tcpdump.silentMs > LATE_ANSWER_MS) return undefined;
    return { mark: `${tcpdump.pid} ${tcpdump.counters?.captured} ${follower.packets} ${follower.open?.sizeBytes}`, folders: [this.folder] };
  }

  pause(roomMs: number): void {
    this.signs.hasNoRoom(roomMs);
    if (!this.drain) this.tcpdump.pause();
  }

  resume(): void {
    this.tcpdump.resume();
  }

  askForCounters(): void {
    this.tcpdump.askForCounters();
  }

  /** Takes in what tcpdump wrote and said since the last look. `untouched`: it wrote nothing; then its files are looked at only now and then, to see that this can be done. */
  async poll(untouched: boolean): Promise<void> {
    try {
      await this.tcpdump.readStderr();
      this.signs.take();
      this.checkAnswers();
      const nowMs = this.deps.clock.monotonic();
      if (!untouched || nowMs - this.followedMs >= UNTOUCHED_AGAIN_MS) {
        await this.follower.poll();
        this.followedMs = nowMs;
        this.readable.yes();
      }
      this.signs.takeProof();
      if (!this.signs.isAllWritten()) this.stopShort();
      this.endWhenDrained();
    } catch (error) {
      if (String(error) !== this.lastPollError) this.deps.log.warn({ target: this.id.target, error: String(error) }, 'files of tcpdump could not be looked at; trying again');
      this.lastPollError = String(error);
      if (!this.readable.no(error)) return;
      // What it writes there is lost: another one begins in a folder of its own.
      this.words ||= `files of tcpdump could not be read: ${String(error)}`;
      this.tcpdump.stop();
    }
  }

  private checkAnswers(): void {
    const { tcpdump, id } = this;
    const { silentMs } = tcpdump;
    const todo = this.answers.after(silentMs, this.signs.hasListened);
    if (todo === 'give up') {
      this.gaps.reason = GAP_REASON.tcpdumpHung;
      this.words = `tcpdump answered nothing for ${Math.round(silentMs / 1000)} s and was ended`;
      tcpdump.stop(HUNG_KILL_MS);
    } else if (todo === 'wake') {
      this.deps.log.warn({ ...id, silentMs }, 'tcpdump does not answer: it is sent a SIGCONT, in case somebody stopped it');
      tcpdump.wakeUp();
    }
  }

  /** A file that could not be written to once takes nothing any more, and tcpdump does not say so: only another one helps. */
  private stopShort(): void {
    this.gaps.reason = GAP_REASON.notWritten;
    this.tcpdump.stop();
  }

  /** Resolves when tcpdump is gone, its files are closed and all that is recorded. */
  async ended(): Promise<Ended> {
    const { tcpdump, deps, follower } = this;
    const exit = await tcpdump.exited;
    const exitMs = deps.clock.now();
    this.signs.take();
    await this.closeFiles();
    this.signs.takeProof();
    exit.lastWords ||= this.words;
    const missing = (tcpdump.counters?.captured ?? 0) - follower.packets;
    if (missing > 0) {
      this.gaps.reason = GAP_REASON.notWritten;
      exit.lastWords ||= `${missing} packets could not be written: is the disk full?`;
    }
    this.signs.recordExit(exitMs, missing > 0, this.drain?.drainedUs, this.seenMs);
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
        return this.readable.yes();
      } catch (error) {
        this.deps.log.warn({ target: this.id.target, error: String(error) }, 'last files of tcpdump could not be closed; trying again');
        if (this.readable.no(error)) return this.follower.abandon();
        await pause(CLOSE_AGAIN_MS);
      }
    }
  }

  private closed(file: ClosedSavefile): Promise<void> {
    this.deps.wake();
    return recordClosed(this.deps.spool, this.id, file, this.deps.log);
  }
}
