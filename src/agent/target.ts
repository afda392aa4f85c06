// One target's capture, from looking for its netns to its last file: tcpdump is started, and started again when it dies or the pod has another netns.
import { TARGET_REASON } from '../api/reasons.js';
import type { ControlTarget } from '../protocol/control.js';
import { pause } from './clock.js';
import type { OpenFile } from './ledger.js';
import { interfacesOf } from './netns/interfaces.js';
import type { LocatedNetns } from './netns/locate.js';
import { PassingProblem, PermanentProblem, prepare } from './preparation.js';
import { Deaths } from './target/deaths.js';
import type { TargetDependencies } from './target/dependencies.js';
import type { Drain } from './target/drain.js';
import { GAP_REASON, TargetGaps } from './target/gaps.js';
import { Listening, type Written } from './target/listening.js';
import { untilLocated, untilMoved } from './target/locating.js';
import type { Standing } from './stillness.js';
import { roomFor } from './target/room.js';
import { plainWords } from './words.js';

/** A tcpdump that listened this long, or wrote a packet, has made progress. */
const PROGRESS_MS = 10_000;
/** Between two looks for what keeps tcpdump from running. */
const PASSING_AGAIN_MS = 1000;

export class TargetCapture {
  /** Pending, Capturing: what comes after is told from the spool's state. */
  state: 'Pending' | 'Capturing' = 'Pending';
  reason: string | undefined;
  message: string | undefined;
  readonly gaps: TargetGaps;
  private listening: Listening | undefined;
  private hasListened = false;
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
        deps.shares.giveBack(this.name);
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

  get tail(): Listening['tail'] {
    return this.listening?.tail;
  }

  /** All that had arrived by then is in the files or counted as dropped; undefined where no tcpdump listens. */
  get countedUs(): number | undefined {
    return this.listening?.countedUs;
  }

  /** It looks for the pod's netns or prepares a tcpdump, for the first time. */
  get isStarting(): boolean {
    return !this.hasListened && !this.isFinished && !this.stopping && this.reason !== TARGET_REASON.spoolTooSmall;
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

  /** Up to when all that had arrived is in the files: as the drain asks for, or earlier where tcpdump is behind (ms since the epoch), or to be waited for. */
  writtenUpTo(drain: Drain): Written {
    return this.listening?.writtenUpTo(drain) ?? 'all';
  }

  /** Closes what the open file holds; tcpdump writes on behind it. */
  async cut(): Promise<void> {
    await this.listening?.cut();
  }

  /** `roomMs`: when there was space (ms since the epoch). */
  pause(roomMs: number): void {
    this.listening?.pause(roomMs);
  }

  resume(): void {
    this.listening?.resume();
  }

  /** undefined where something else goes on than that it listens. */
  get standing(): Standing | undefined {
    return this.listening?.standing;
  }

  askForCounters(): void {
    this.listening?.askForCounters();
  }

  /** Takes in what tcpdump wrote and said since the last look. */
  async poll(untouched: boolean): Promise<void> {
    await this.listening?.poll(untouched);
  }

  private async capture(): Promise<void> {
    let netns = await untilLocated(this.deps, this.control, this.halt.signal, (reason, message) => this.say('Pending', reason, message));
    while (netns) netns = await this.listenIn(netns);
  }

  /** Listens in one netns; resolves with the next where the pod has another one, with nothing when told to stop. */
  private async listenIn(netns: LocatedNetns): Promise<LocatedNetns | undefined> {
    const leave = new AbortController();
    const left = AbortSignal.any([this.halt.signal, leave.signal]);
    const moved = untilMoved(this.deps, netns, this.control, left).then((next) => {
      if (next) {
        this.gaps.reason = GAP_REASON.netnsReplaced;
        this.deps.log.warn({ target: this.name }, 'the pod has another network namespace: tcpdump moves there');
        leave.abort();
        this.listening?.leave(next.seenMs);
      }
      return next;
    });
    try {
      await this.keepListening(netns, left);
    } catch (error) {
      leave.abort();
      await (await moved)?.netns.handle.close();
      throw error;
    } finally {
      await netns.handle.close();
    }
    return (await moved)?.netns;
  }

  private async keepListening(netns: LocatedNetns, left: AbortSignal): Promise<void> {
    const deaths = new Deaths();
    while (!left.aborted) {
      const { words, madeProgress } = await this.listenOnce(netns, left).catch((error: unknown) => {
        if (error instanceof PermanentProblem || error instanceof PassingProblem) return this.passing(error);
        return { words: error instanceof Error ? error.message : String(error), madeProgress: false };
      });
      if (left.aborted) return;
      if (words === undefined) {
        await pause(PASSING_AGAIN_MS, left);
        continue;
      }
      const delayMs = deaths.add(words, madeProgress);
      this.deps.log.warn({ target: this.name, deaths: deaths.count, words }, 'tcpdump is not running: starting it again');
      this.say('Pending', TARGET_REASON.tcpdumpFailed, words);
      await pause(delayMs, left);
    }
  }

  /** Says what is waited for; throws where waiting cannot help. An interface that was there is gone with its sandbox: another one may come. */
  private passing(problem: PermanentProblem | PassingProblem): { words?: never; madeProgress: false } {
    const { reason, message } = problem;
    const wasThere = reason === TARGET_REASON.interfaceNotFound && this.deps.spool.state.targets[this.name]?.captureStartMs !== undefined;
    if (problem instanceof PermanentProblem && !wasThere) throw problem;
    this.say('Pending', reason, message);
    return { madeProgress: false };
  }

  /** One tcpdump, from its checks to its last file. */
  private async listenOnce(netns: LocatedNetns, left: AbortSignal): Promise<{ madeProgress: boolean; words: string }> {
    const { job, spool, wake } = this.deps;
    const share = await roomFor(this.name, this.deps);
    const linkType = await prepare(this.deps, netns.handle, job.tcpdump.interface, job.tcpdump.filter);
    spool.record({ type: 'network', target: this.name, linkType, interfaces: spool.state.targets[this.name]?.interfaces ?? [] });
    if (left.aborted) throw new Error('told to stop before tcpdump was started');
    const listening = await Listening.start(this.name, linkType, share, netns.handle, this.deps, this.gaps, () => this.say('Capturing', undefined, undefined), (message) => this.say('Capturing', message === undefined ? undefined : TARGET_REASON.spoolUnreadable, message));
    this.listening = listening;
    this.hasListened = true;
    wake();
    if (this.stopping) listening.stop(this.stopping.ms, this.stopping.drain);
    else if (left.aborted) listening.stop(this.deps.clock.now(), false);
    // What there is to listen to is asked and told a moment later: the first packet does not wait for it.
    spool.record({ type: 'network', target: this.name, linkType, interfaces: await interfacesOf(this.deps.run, netns.handle, this.deps.log) });
    const { exit, listenedMs } = await listening.ended();
    this.listening = undefined;
    await listening.removeFolderIfEmpty();
    wake();
    // One that could not write has not failed by itself.
    if (!left.aborted) await roomFor(this.name, this.deps);
    const words = exit.lastWords || `tcpdump ended with ${exit.signal ?? `exit code ${exit.code}`}`;
    return { madeProgress: listenedMs >= PROGRESS_MS || spool.state.targets[this.name]?.lastPacketUs !== undefined, words };
  }

  private fail(reason: string, words: string): void {
    const { spool, clock, log, wake } = this.deps;
    const message = plainWords(words);
    log.warn({ target: this.name, reason, message }, 'target failed');
    spool.record({ type: 'failed', target: this.name, reason, message, timeMs: clock.now() });
    wake();
  }

  private say(state: 'Pending' | 'Capturing', reason: string | undefined, words: string | undefined): void {
    const message = words === undefined ? undefined : plainWords(words);
    const changed = this.state !== state || this.reason !== reason || this.message !== message;
    [this.state, this.reason, this.message] = [state, reason, message];
    if (changed) this.deps.wake();
  }
}
