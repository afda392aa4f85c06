// One target's capture, from looking for its netns to its last file: tcpdump is started, and started again when it dies.
import type { FileHandle } from 'node:fs/promises';
import { TARGET_REASON } from '../api/reasons.js';
import type { ControlTarget } from '../protocol/control.js';
import { pause } from './clock.js';
import type { OpenFile } from './ledger.js';
import { PermanentProblem, prepare } from './preparation.js';
import { Deaths } from './target/deaths.js';
import type { TargetDependencies } from './target/dependencies.js';
import { TargetGaps } from './target/gaps.js';
import { Listening } from './target/listening.js';
import { untilLocated } from './target/locating.js';

/** A tcpdump that listened this long, or wrote a packet, has made progress. */
const PROGRESS_MS = 10_000;

export class TargetCapture {
  /** Pending, Capturing: what comes after is told from the spool's state. */
  state: 'Pending' | 'Capturing' = 'Pending';
  reason: string | undefined;
  message: string | undefined;
  readonly gaps: TargetGaps;
  private listening: Listening | undefined;
  private readonly halt = new AbortController();
  private stopping: { ms: number; drain: boolean } | undefined;
  /** Resolves when nothing runs and nothing is open any more. */
  readonly finished: Promise<void>;
  isFinished = false;

  constructor(
    private readonly control: () => ControlTarget,
    private readonly deps: TargetDependencies,
    firstGapReason: string,
  ) {
    this.gaps = new TargetGaps(deps.spool, this.name, firstGapReason);
    this.finished = this.capture()
      .catch((error: unknown) => {
        if (error instanceof PermanentProblem) this.fail(error.reason, error.message);
        else this.fail(TARGET_REASON.tcpdumpFailed, error instanceof Error ? error.message : String(error));
      })
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
    return this.listening?.open;
  }

  get isRunning(): boolean {
    return this.listening !== undefined;
  }

  /** Ends tcpdump in order. Why, the caller records. `drain`: only once it has written what had arrived by now. */
  stop(drain: boolean): void {
    if (this.stopping) return;
    this.stopping = { ms: this.deps.clock.now(), drain };
    this.halt.abort();
    this.listening?.stop(this.stopping.ms, drain);
  }

  pause(): void {
    this.listening?.pause();
  }

  resume(): void {
    this.listening?.resume();
  }

  askForCounters(): void {
    this.listening?.askForCounters();
  }

  /** Takes in what tcpdump wrote and said since the last look. */
  async poll(): Promise<void> {
    await this.listening?.poll();
  }

  private async capture(): Promise<void> {
    const netns = await untilLocated(this.deps, this.control, this.halt.signal, (reason, message) => this.say('Pending', reason, message));
    if (!netns) return;
    try {
      await this.keepListening(netns);
    } finally {
      await netns.close();
    }
  }

  private async keepListening(netns: FileHandle): Promise<void> {
    const deaths = new Deaths();
    while (!this.halt.signal.aborted) {
      const { words, madeProgress } = await this.listenOnce(netns).catch((error: unknown) => {
        if (error instanceof PermanentProblem) throw error;
        return { words: error instanceof Error ? error.message : String(error), madeProgress: false };
      });
      if (this.halt.signal.aborted) return;
      const delayMs = deaths.add(words, madeProgress);
      this.deps.log.warn({ target: this.name, deaths: deaths.count, words }, 'tcpdump is not running: starting it again');
      this.say('Pending', TARGET_REASON.tcpdumpFailed, words);
      await pause(delayMs, this.halt.signal);
    }
  }

  /** One tcpdump, from its checks to its last file. */
  private async listenOnce(netns: FileHandle): Promise<{ madeProgress: boolean; words: string }> {
    const { job, spool, run, compiler, log, wake } = this.deps;
    const { linkType, interfaces } = await prepare(run, compiler, netns, job.tcpdump.interface, job.tcpdump.filter, log);
    spool.record({ type: 'network', target: this.name, linkType, interfaces });
    if (this.halt.signal.aborted) throw new Error('told to stop before tcpdump was started');
    const listening = await Listening.start(this.name, linkType, netns, this.deps, this.gaps, () => this.say('Capturing', undefined, undefined));
    this.listening = listening;
    wake();
    if (this.stopping) listening.stop(this.stopping.ms, this.stopping.drain);
    const { exit, listenedMs } = await listening.ended();
    this.listening = undefined;
    await listening.removeFolderIfEmpty();
    wake();
    const words = exit.lastWords || `tcpdump ended with ${exit.signal ?? `exit code ${exit.code}`}`;
    return { madeProgress: listenedMs >= PROGRESS_MS || spool.state.targets[this.name]?.lastPacketUs !== undefined, words };
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
