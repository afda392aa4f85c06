// One target's capture, from looking for its netns to its last file: tcpdump is started, watched, and started again when it dies.
import type { FileHandle } from 'node:fs/promises';
import { TARGET_REASON } from '../api/reasons.js';
import type { ControlTarget } from '../protocol/control.js';
import type { JobConfig } from '../protocol/job-config.js';
import type { RunChild } from '../tcpdump/child.js';
import { pause, type Clock } from './clock.js';
import type { OpenFile } from './ledger.js';
import { locateNetns } from './netns/locate.js';
import { PermanentProblem, prepare } from './preparation.js';
import { coveredUntil } from './spool/coverage.js';
import { WrittenCheck } from './spool/written.js';
import type { StartID } from './spool/events.js';
import { StartFollower, type ClosedSavefile } from './spool/follow.js';
import { recordClosed, type LeftoversLog } from './spool/leftovers.js';
import type { Spool } from './spool/spool.js';
import type { FilterCompiler } from '../tcpdump/filter-compiler.js';
import { Tcpdump, type TcpdumpExit } from './tcpdump/process.js';

export interface TargetDependencies {
  job: JobConfig;
  spool: Spool;
  lock: FileHandle;
  run: RunChild;
  compiler: FilterCompiler;
  clock: Clock;
  log: LeftoversLog;
  attempt: number;
  /** tcpdump's command line, as of now. */
  argv: (linkType: string) => [string, ...string[]];
  /** Something changed that others want to see soon. */
  wake: () => void;
}

const LOCATE_FIRST_MS = 100;
const LOCATE_MAX_MS = 5000;
const RESTART_FIRST_MS = 200;
const RESTART_MAX_MS = 5000;
/** Deaths in a row without progress after which a target fails. */
const MAX_DEATHS = 5;
/** A tcpdump that listened this long, or wrote a packet, has made progress. */
const PROGRESS_MS = 10_000;

interface Listening {
  id: StartID;
  tcpdump: Tcpdump;
  follower: StartFollower;
  announced: boolean;
  written: WrittenCheck;
}

export class TargetCapture {
  /** Pending, Capturing: what comes after is told from the spool's state. */
  state: 'Pending' | 'Capturing' = 'Pending';
  reason: string | undefined;
  message: string | undefined;
  /** Why no tcpdump listens, where none does after one did. */
  gapReason: string;
  private listening: Listening | undefined;
  private lastPollError = '';
  private readonly halt = new AbortController();
  private stopping: { ms: number; drain: boolean; packets: number; drainedUs?: number } | undefined;
  /** Resolves when nothing runs and nothing is open any more. */
  readonly finished: Promise<void>;
  isFinished = false;

  constructor(
    private readonly control: () => ControlTarget,
    private readonly deps: TargetDependencies,
    firstGapReason: string,
  ) {
    this.gapReason = firstGapReason;
    this.finished = this.capture()
      .catch((error: unknown) => this.fail(TARGET_REASON.tcpdumpFailed, error instanceof Error ? error.message : String(error)))
      .finally(() => {
        this.isFinished = true;
        deps.wake();
      });
  }

  get name(): string {
    return this.control().name;
  }

  /** The open file as far as it was scanned. */
  get open(): (OpenFile & { sizeBytes: number }) | undefined {
    return this.listening?.follower.open;
  }

  get isRunning(): boolean {
    return this.listening !== undefined;
  }

  /**
   * Ends tcpdump in order. Why, the caller records. `drain`: only once it has written what had arrived by now, for SIGINT leaves what
   * waits in the kernel's buffer, up to a second of packets.
   */
  stop(drain: boolean): void {
    if (this.stopping) return;
    this.stopping = { ms: this.deps.clock.now(), drain, packets: -1 };
    this.halt.abort();
    this.endWhenDrained();
  }

  private endWhenDrained(): void {
    const { listening: current, stopping } = this;
    if (!current || !stopping || current.tcpdump.stopRequestedMs !== undefined) return;
    current.tcpdump.resume();
    const { open } = current.follower;
    const waitedMs = this.deps.clock.now() - stopping.ms;
    const lastUs = open?.lastUs ?? this.deps.spool.state.targets[this.name]?.lastPacketUs ?? 0;
    const packets = open?.packets ?? 0;
    const isDrained = !stopping.drain || lastUs >= stopping.ms * 1000 || (waitedMs >= DRAIN_MS && packets === stopping.packets);
    stopping.packets = packets;
    if (!isDrained && waitedMs < DRAIN_MAX_MS && current.announced) return;
    if (isDrained) stopping.drainedUs = stopping.ms * 1000;
    current.tcpdump.stop();
  }

  pause(): void {
    if (!this.stopping) this.listening?.tcpdump.pause();
  }

  resume(): void {
    this.listening?.tcpdump.resume();
  }

  askForCounters(): void {
    this.listening?.tcpdump.askForCounters();
  }

  /** Takes in what tcpdump wrote and said since the last look. */
  async poll(): Promise<void> {
    const current = this.listening;
    if (!current) return;
    try {
      await current.tcpdump.readStderr();
      this.takeSigns(current);
      await current.follower.poll();
      this.checkWritten(current);
      this.endWhenDrained();
    } catch (error) {
      if (String(error) !== this.lastPollError) this.deps.log.warn({ target: this.name, error: String(error) }, 'files of tcpdump could not be looked at; trying again');
      this.lastPollError = String(error);
    }
  }

  /** A file that could not be written to once takes nothing any more, and tcpdump does not say so: only another one helps. */
  private checkWritten({ tcpdump, follower, written }: Listening): void {
    const { counters, countedMs, listeningMs } = tcpdump;
    if (!counters || listeningMs === undefined) return;
    const lastUs = Math.max(listeningMs * 1000, follower.open?.lastUs ?? 0, this.deps.spool.state.targets[this.name]?.lastPacketUs ?? 0);
    written.check({ counted: counters.captured, countedUs: (countedMs ?? listeningMs) * 1000, inFiles: follower.packets, lastUs });
    if (!written.isShort) return;
    this.gapReason = GAP_REASON.notWritten;
    tcpdump.stop();
  }

  private async capture(): Promise<void> {
    const netns = await this.locate();
    if (!netns) return;
    try {
      await this.keepListening(netns);
    } catch (error) {
      if (!(error instanceof PermanentProblem)) throw error;
      this.fail(error.reason, error.message);
    } finally {
      await netns.close();
    }
  }

  /** Looks until the pod has a netns: its sandbox may not be there yet. undefined: told to stop. */
  private async locate(): Promise<FileHandle | undefined> {
    const { run, job } = this.deps;
    for (let delayMs = LOCATE_FIRST_MS; !this.halt.signal.aborted; delayMs = Math.min(LOCATE_MAX_MS, delayMs * 2)) {
      const found = await locateNetns(run, this.control(), job.allowHostNetwork);
      if (!('message' in found)) return found;
      if (found.permanent) {
        this.fail(found.reason, found.message);
        return undefined;
      }
      this.say('Pending', found.reason, found.message);
      await pause(delayMs, this.halt.signal);
    }
    return undefined;
  }

  private async keepListening(netns: FileHandle): Promise<void> {
    let deaths = 0;
    let words = '';
    while (!this.halt.signal.aborted) {
      const progress = await this.listenOnce(netns).then(
        ({ madeProgress, exit }) => {
          words = exit.lastWords || `tcpdump ended with ${exit.signal ?? `exit code ${exit.code}`}`;
          return madeProgress;
        },
        (error: unknown) => {
          if (error instanceof PermanentProblem) throw error;
          words = error instanceof Error ? error.message : String(error);
          return false;
        },
      );
      if (this.halt.signal.aborted) return;
      deaths = progress ? 1 : deaths + 1;
      if (deaths >= MAX_DEATHS) throw new PermanentProblem(TARGET_REASON.tcpdumpFailed, `tcpdump ended ${deaths} times in a row: ${words}`);
      this.deps.log.warn({ target: this.name, deaths, words }, 'tcpdump is not running: starting it again');
      this.say('Pending', TARGET_REASON.tcpdumpFailed, words);
      await pause(Math.min(RESTART_MAX_MS, RESTART_FIRST_MS * 2 ** (deaths - 1)), this.halt.signal);
    }
  }

  /** One tcpdump, from its checks to its last file. */
  private async listenOnce(netns: FileHandle): Promise<{ madeProgress: boolean; exit: TcpdumpExit }> {
    const { job, spool, run, compiler, clock, log, lock, attempt } = this.deps;
    const preparation = await prepare(run, compiler, netns, job.tcpdump.interface, job.tcpdump.filter, log);
    spool.record({ type: 'network', target: this.name, linkType: preparation.linkType, interfaces: preparation.interfaces });
    if (this.halt.signal.aborted) throw new Error('told to stop before tcpdump was started');
    const { folder, ...id } = await spool.newStart(this.name, attempt);
    const follower = new StartFollower(folder, (file) => this.closed(id, file));
    const tcpdump = await Tcpdump.start({ argv: this.deps.argv(preparation.linkType), folder, netns, lock }, clock);
    const current: Listening = { id, tcpdump, follower, announced: false, written: new WrittenCheck() };
    this.listening = current;
    this.deps.wake();
    this.endWhenDrained();
    const exit = await tcpdump.exited;
    const exitMs = clock.now();
    this.takeSigns(current);
    await this.closeFiles(follower);
    const isShort = (tcpdump.counters?.captured ?? 0) > follower.packets;
    if (isShort) {
      this.gapReason = GAP_REASON.notWritten;
      exit.lastWords ||= `${(tcpdump.counters?.captured ?? 0) - follower.packets} packets could not be written: is the disk full?`;
    }
    this.recordExit(current, exitMs, isShort);
    this.listening = undefined;
    await spool.removeStartIfEmpty(id);
    this.deps.wake();
    const listenedMs = tcpdump.listeningMs === undefined ? 0 : exitMs - tcpdump.listeningMs;
    return { madeProgress: listenedMs >= PROGRESS_MS || spool.state.targets[this.name]?.lastPacketUs !== undefined, exit };
  }

  /** Its files are not let out of sight before they are recorded: the run would end without them. */
  private async closeFiles(follower: StartFollower): Promise<void> {
    for (;;) {
      try {
        return await follower.poll(true);
      } catch (error) {
        this.deps.log.warn({ target: this.name, error: String(error) }, 'last files of tcpdump could not be closed; trying again');
        await pause(CLOSE_AGAIN_MS);
      }
    }
  }

  private closed(id: StartID, file: ClosedSavefile): Promise<void> {
    this.deps.wake();
    return recordClosed(this.deps.spool, id, file, this.deps.log);
  }

  /** Puts what tcpdump said into the journal: that it listens, that all is quiet, what it dropped. */
  private takeSigns(current: Listening): void {
    const { spool } = this.deps;
    const { id, tcpdump } = current;
    if (tcpdump.listeningMs === undefined) return;
    if (!current.announced) {
      current.announced = true;
      this.announce(id, tcpdump.listeningMs);
    }
    const { drops, quietUs } = spool.state.targets[this.name] ?? {};
    const counters = tcpdump.counters;
    const counted = drops?.attempt === id.attempt && drops.start === id.start ? drops : { kernel: 0, interface: 0 };
    if (counters && (counters.droppedByKernel !== counted.kernel || counters.droppedByInterface !== counted.interface)) {
      spool.record({ type: 'drops', ...id, kernel: counters.droppedByKernel, interface: counters.droppedByInterface });
    }
    if (tcpdump.quietMs !== undefined && tcpdump.quietMs - (quietUs ?? 0) / 1000 >= QUIET_EVERY_MS) spool.record({ type: 'quiet', target: this.name, timeMs: tcpdump.quietMs });
  }

  private announce(id: StartID, timeMs: number): void {
    const { spool, log, wake } = this.deps;
    const fromUs = spool.state.targets[this.name]?.coveredUs;
    spool.record({ type: 'listening', ...id, timeMs });
    // Where the clock was set back in between, the gap has no length that could be told: it is counted all the same.
    if (fromUs !== undefined) spool.record({ type: 'gap', target: this.name, fromUs, toUs: Math.max(fromUs, timeMs * 1000), reason: this.gapReason });
    this.gapReason = GAP_REASON.tcpdumpDied;
    this.say('Capturing', undefined, undefined);
    log.info({ ...id }, 'tcpdump listens');
    wake();
  }

  private recordExit({ id, tcpdump, written }: Listening, exitMs: number, isShort: boolean): void {
    const { spool } = this.deps;
    const target = spool.state.targets[this.name];
    if (tcpdump.listeningMs === undefined || !target) {
      spool.record({ type: 'exited', ...id, timeMs: exitMs });
      return;
    }
    const coveredUs = coveredUntil({
      listeningUs: tcpdump.listeningMs * 1000,
      quietUs: tcpdump.quietMs === undefined ? undefined : tcpdump.quietMs * 1000,
      lastPacketUs: target.lastPacketUs,
      drainedUs: this.stopping?.drainedUs,
      endUs: (tcpdump.stopRequestedMs ?? exitMs - EXIT_NOTICE_MS) * 1000,
      countedUs: tcpdump.countedMs === undefined ? undefined : tcpdump.countedMs * 1000,
      writtenUs: isShort ? (written.writtenUs ?? 0) : undefined,
      closing: tcpdump.closing,
    });
    spool.record({ type: 'exited', ...id, timeMs: exitMs, coveredUs });
  }

  private fail(reason: string, message: string): void {
    const { spool, clock, log, wake } = this.deps;
    log.warn({ target: this.name, reason, message }, 'target failed');
    spool.record({ type: 'failed', target: this.name, reason, message, timeMs: clock.now() });
    wake();
  }

  private say(state: 'Pending' | 'Capturing', reason: string | undefined, message: string | undefined): void {
    const changed = this.state !== state || this.reason !== reason || this.message !== message;
    [this.state, this.reason, this.message] = [state, reason, message];
    if (changed) this.deps.wake();
  }
}

/** Why no tcpdump was listening to a target for a while. */
export const GAP_REASON = { tcpdumpDied: 'TcpdumpDied', agentRestarted: 'AgentRestarted', agentReplaced: 'AgentReplaced', notWritten: 'NotWritten' } as const;
/** Between two tries to close the files of a tcpdump that is gone. */
const CLOSE_AGAIN_MS = 1000;
/** How often a quiet line goes into the journal. */
const QUIET_EVERY_MS = 10_000;
/** What arrived is written within the kernel's block timeout of 1 s, unless tcpdump is behind. */
const DRAIN_MS = 1500;
const DRAIN_MAX_MS = 6000;
/** An unexpected end is noticed by its exit event, within this. */
const EXIT_NOTICE_MS = 100;
