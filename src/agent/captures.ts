// The set of targets that are being captured, brought in line with control.
import { STOP_REASON } from '../api/reasons.js';
import type { Control, ControlTarget } from '../protocol/control.js';
import { ledgersOf, type Ledgers, type OpenFile } from './ledger.js';
import type { LiveTarget } from './report/build.js';
import type { Standing } from './stillness.js';
import { hasEnded } from './spool/state.js';
import { TargetCapture } from './target.js';
import type { TargetDependencies } from './target/dependencies.js';
import { Drain } from './target/drain.js';
import { GAP_REASON, TargetGaps } from './target/gaps.js';

export class Captures {
  private readonly captures = new Map<string, TargetCapture>();
  /** What control said of each target last. */
  private readonly targets = new Map<string, ControlTarget>();
  private paused = false;
  private saidHeldMs = -Infinity;
  /** When there was space at the last look that found some, ms since the epoch. */
  private roomMs: number;

  constructor(private readonly deps: TargetDependencies) {
    this.roomMs = deps.clock.now();
  }

  /** Starts what control wants and does not run (unless the run is ending), ends what it wants no more. */
  converge(control: Control, mayStart: boolean): void {
    const wanted = new Map(control.targets.map((target) => [target.name, target]));
    for (const target of control.targets) this.introduce(target);
    for (const { name } of Object.values(this.deps.spool.state.targets)) {
      if (wanted.get(name)?.gone ?? true) this.end(name, wanted.get(name)?.goneReason ?? STOP_REASON.targetGone);
      else if (mayStart && !this.hasEnded(name) && !this.captures.has(name)) this.start(name, wanted.get(name) as ControlTarget);
    }
    for (const target of control.targets) this.targets.set(target.name, target);
    this.recordLastGaps();
  }

  private introduce({ name, podName, podUID, podIPs }: ControlTarget): void {
    const { spool } = this.deps;
    const known = spool.state.targets[name];
    if (known?.podUID === podUID && known.podIPs.join() === podIPs.join()) return;
    spool.record({ type: 'target', target: name, podName, podUID, podIPs });
  }

  private start(name: string, target: ControlTarget): void {
    this.targets.set(name, target);
    this.captures.set(name, new TargetCapture(() => this.targets.get(name) ?? target, this.deps, this.firstGapReason(name)));
  }

  /** Why no tcpdump listens to a target that none of this agent's listened to yet. */
  private firstGapReason(name: string): string {
    const { lastAttempt, suspendedMs, coveredUs } = this.deps.spool.state.targets[name] ?? {};
    if (suspendedMs !== undefined && (coveredUs ?? 0) >= suspendedMs * 1000) return GAP_REASON.suspended;
    return lastAttempt === this.deps.attempt ? GAP_REASON.agentRestarted : GAP_REASON.agentReplaced;
  }

  hasEnded(name: string): boolean {
    const target = this.deps.spool.state.targets[name];
    return target !== undefined && hasEnded(target);
  }

  /** Ends one target for good. `drain`: what arrived up to now is wanted. */
  end(name: string, stopReason: string, drain = true): void {
    if (this.hasEnded(name)) return;
    this.deps.spool.record({ type: 'ended', target: name, stopReason, timeMs: this.deps.clock.now() });
    this.captures.get(name)?.stop(drain);
  }

  /** A target that ended while no tcpdump listened to it has a gap up to its end. One that is suspended has its gap when that is over, but what it missed before was not asked for. */
  recordLastGaps(): void {
    const { spool } = this.deps;
    for (const { name, stopMs, suspendedMs } of Object.values(spool.state.targets)) {
      const capture = this.captures.get(name);
      if (capture && !capture.isFinished) continue;
      const gaps = capture?.gaps ?? new TargetGaps(spool, name, this.firstGapReason(name));
      if (suspendedMs !== undefined) {
        gaps.closeAtEnd(suspendedMs * 1000);
        gaps.reason = GAP_REASON.suspended;
      }
      if (this.hasEnded(name) && stopMs !== undefined) gaps.closeAtEnd(stopMs * 1000);
    }
  }

  /** Where a target's open file stands; undefined where there is none. */
  tailOf(name: string): TargetCapture['tail'] {
    return this.captures.get(name)?.tail;
  }

  /** Nothing of a target runs here. */
  isOver(name: string): boolean {
    return this.captures.get(name)?.isFinished ?? true;
  }

  /** Lets go of what is known of targets that are over. */
  forget(names: string[]): void {
    for (const name of names) {
      this.captures.delete(name);
      this.targets.delete(name);
    }
  }

  /** Ends every target for good. */
  endAll(stopReason: string): void {
    for (const name of Object.keys(this.deps.spool.state.targets)) this.end(name, stopReason);
  }

  /** Ends every tcpdump, and no target: another agent goes on. Resolves when all files are closed. */
  async halt(): Promise<void> {
    for (const capture of this.captures.values()) capture.stop(true);
    await Promise.all([...this.captures.values()].map(({ finished }) => finished));
  }

  /** Ends every tcpdump, and no target: each goes on when it is reset. */
  suspend(): void {
    for (const capture of this.captures.values()) capture.stop(true);
  }

  /** Lets what was suspended and is finished begin anew. */
  reset(): void {
    this.recordLastGaps();
    this.captures.clear();
  }

  /** Looks out for the moment at which what had arrived at `sinceMs` is in the files of each target. */
  drains(sinceMs: number): Map<string, Drain> {
    return new Map([...this.captures.keys()].map((name) => [name, new Drain(sinceMs, this.deps.clock.monotonic(), true)]));
  }

  /** Up to when (ms since the epoch) all that had arrived is in the files; undefined where they are to be waited for. Earlier than asked for where a tcpdump is behind. */
  writtenUpTo(sinceMs: number, drains: ReadonlyMap<string, Drain>): number | undefined {
    const written = [...drains].map(([name, drain]) => this.captures.get(name)?.writtenUpTo(drain) ?? 'all');
    if (written.includes('waiting')) return undefined;
    return Math.min(sinceMs, ...written.filter((ms) => typeof ms === 'number'));
  }

  /** Closes what every open file holds; each tcpdump writes on behind it. */
  async cut(): Promise<void> {
    await Promise.all([...this.captures.values()].map((capture) => capture.cut()));
  }

  ledgers(): Ledgers {
    return ledgersOf(this.deps.spool.state, this.openFiles());
  }

  /** All that had arrived at any target by then is counted (ms since the epoch); undefined where nothing was listened to. */
  get countedMs(): number | undefined {
    const counted = Object.values(this.deps.spool.state.targets).flatMap((target) => (hasEnded(target) ? [] : (this.captures.get(target.name)?.countedUs ?? target.coveredUs ?? [])));
    return counted.length === 0 ? undefined : Math.floor(Math.min(...counted) / 1000);
  }

  get isRunning(): boolean {
    return [...this.captures.values()].some((capture) => capture.isRunning);
  }

  /** undefined while one begins, ends or is in trouble. */
  get standing(): Standing | undefined {
    const running = [...this.captures.values()].filter(({ isFinished }) => !isFinished);
    const standings = running.flatMap(({ standing }) => standing ?? []);
    if (standings.length === 0 || standings.length < running.length) return undefined;
    return { mark: standings.map(({ mark }) => mark).join(), folders: standings.flatMap(({ folders }) => folders) };
  }

  /** Every tcpdump is gone and every file closed. */
  get areFinished(): boolean {
    return [...this.captures.values()].every((capture) => capture.isFinished);
  }

  /** The open file of each target whose tcpdump runs, or is about to: room for it is made before it writes. */
  openFiles(): Map<string, OpenFile & { sizeBytes: number }> {
    const none = { packets: 0, bytes: 0, lastUs: undefined, sizeBytes: 0 };
    return new Map([...this.captures].filter(([, capture]) => capture.isRunning || capture.isStarting).map(([name, capture]) => [name, capture.open ?? none]));
  }

  live(): Map<string, LiveTarget> {
    return new Map([...this.captures].map(([name, { state, reason, message, isRunning }]) => [name, { state, reason, message, isRunning }]));
  }

  /** `untouched`: nobody wrote to a folder since the last look. */
  async poll(untouched = false): Promise<void> {
    await Promise.all([...this.captures.values()].map((capture) => capture.poll(untouched)));
  }

  askForCounters(): void {
    for (const capture of this.captures.values()) capture.askForCounters();
  }

  /** At most once a minute: logs share their stream with reports, whose tail is read. */
  private sayHeld(): void {
    const monotonicMs = this.deps.clock.monotonic();
    if (monotonicMs - this.saidHeldMs < 60_000) return;
    this.saidHeldMs = monotonicMs;
    this.deps.log.warn({}, 'no space is left: tcpdump waits for it, and the kernel keeps what comes, or counts what is lost');
  }

  /** Holds all tcpdumps while there is no space, and lets them go on after. */
  hold(starved: boolean): void {
    if (starved && !this.paused) this.sayHeld();
    this.paused = starved;
    if (!starved) this.roomMs = this.deps.clock.now();
    for (const capture of this.captures.values()) {
      if (starved) capture.pause(this.roomMs);
      else capture.resume();
    }
  }
}
