// The agent's loop: looks at control, files and bucket, and does the next right thing, until the run's work on this node is done.
import { runPrefix } from '../protocol/keys.js';
import { Captures } from './captures.js';
import { Deliveries } from './deliveries.js';
import type { AgentDependencies } from './dependencies.js';
import { Endings } from './endings.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { Finishing } from './finishing.js';
import { Live } from './live/live.js';
import { targetsOf } from './live/targets.js';
import { nextLookMs } from './pace.js';
import { Snapshots } from './snapshots.js';
import { Space } from './space.js';
import type { SpoolFile } from './spool/events.js';
import { isSuspended, savefileID } from './spool/state.js';
import { Stillness } from './stillness.js';
import { tcpdumpArgv } from './tcpdump/argv.js';
import { Shares } from './target/shares.js';
import { optionsOf } from './tcpdump-options.js';
import { Telling } from './telling.js';
import { Wake } from './wake.js';
import { uploadsWait } from './yielding.js';

/** Of the 30 s that a pod has from SIGTERM to SIGKILL. */
const DELIVER_AFTER_SIGTERM_MS = 20_000;
const LEAVING_LOOK_MS = 100;
/** A bucket that takes nothing for so long is not waited for: the next agent delivers. */
const LEAVING_REFUSED_MS = 2000;

export class Agent {
  private readonly wake = new Wake();
  private readonly captures: Captures;
  private readonly deliveries: Deliveries;
  private readonly space: Space;
  private readonly snapshots: Snapshots;
  private readonly endings: Endings;
  private readonly telling: Telling;
  private readonly finishing: Finishing;
  private readonly live: Live;
  private readonly stillness: Stillness;
  private readonly attempt: number;

  constructor(private readonly deps: AgentDependencies) {
    const { config, spool, lock, run, ahead, clock, log, uploader } = deps;
    const { job } = config;
    const wake = this.wake.poke;
    const prefix = runPrefix(job.destination.prefix, job.capture.namespace, job.capture.name, job.runID);
    this.attempt = spool.state.attempt;
    const shares = new Shares(job, () => spool.state);
    this.captures = new Captures({ job, spool, lock: lock.handle, run, ...ahead, clock, log, attempt: this.attempt, shares, argv: (share, linkType) => tcpdumpArgv(optionsOf(job, share, linkType)), wake });
    this.deliveries = new Deliveries(spool, uploader, prefix, job.upload, log, wake, (file, signal) => this.live.untilRead(file.target, file, () => this.mayStay(file), signal));
    this.space = new Space(job, spool, clock, shares);
    this.snapshots = new Snapshots(spool, this.captures, clock, log);
    this.endings = new Endings(spool, this.captures, clock);
    this.telling = new Telling(deps, this.captures, this.deliveries, this.space, prefix, wake);
    this.finishing = new Finishing(deps, this.captures, this.deliveries, this.snapshots, this.telling);
    this.live = new Live({ port: config.livePort, targets: targetsOf(spool, this.captures), monotonic: () => clock.monotonic(), log });
    this.stillness = new Stillness(clock, wake);
    spool.beforeRemoval = ({ target, ...savefile }) => this.live.beforeRemoval(target, savefile);
    uploader.onChange(wake);
    deps.terminate.addEventListener('abort', wake);
  }

  async run(): Promise<ExitCode> {
    try {
      return await this.work();
    } finally {
      this.stillness.end();
      await this.live.close();
    }
  }

  private async work(): Promise<ExitCode> {
    const { clock, log, spool, terminate } = this.deps;
    while (!spool.state.done) {
      const control = this.deps.control.current;
      if (terminate.aborted) return this.leave(DELIVER_AFTER_SIGTERM_MS);
      if (control?.attempt !== this.attempt) {
        log.warn({}, 'control addresses this pod no more');
        this.live.converge(null);
        return this.leave(0);
      }
      const lookedMs = clock.monotonic();
      this.wake.arm();
      this.live.converge(control.live);
      await this.captures.poll(this.stillness.isWatching);
      this.endings.suspendOrResume(control);
      this.captures.converge(control, !spool.state.stopped?.final && !isSuspended(spool.state) && !this.finishing.hasBegun);
      this.endings.endWhatReachedItsLimit(control);
      await this.snapshots.poll(control.snapshot?.token);
      this.captures.hold(await this.makeRoom());
      this.deps.uploader.setCapturing(!this.finishing.isDue);
      this.deliveries.startAll(this.uploadsWait());
      this.telling.tell();
      await this.finishing.ifDrained();
      if (spool.state.done) break;
      const isStill = this.stillness.isStill(spool.state.stopped || this.snapshots.isWaiting ? undefined : this.captures.standing);
      const nextMs = nextLookMs(this.captures.isRunning, this.space.freeBytes, isStill) - (clock.monotonic() - lookedMs);
      await this.wake.wait(Math.max(1, Math.min(nextMs, this.endings.leftMs(control))));
    }
    return this.finishing.end();
  }

  /** For whoever waits for the next look: something changed. */
  poke(): void {
    this.wake.poke();
  }

  /** Whether a delivered file may stay a moment for those who watch: there is room, and it is closed. */
  private mayStay(file: SpoolFile): boolean {
    const { config, spool } = this.deps;
    return this.space.freeBytes > config.job.spool.maxSizeBytes / 2 && spool.state.cuts[savefileID(file)] === undefined;
  }

  private uploadsWait(): boolean {
    const { config, spool } = this.deps;
    const { freeBytes, bytesPerSecond } = this.space;
    return uploadsWait(config.job, { capturing: this.captures.isRunning, bytesPerSecond, freeBytes, pendingFiles: Object.keys(spool.state.pending).length });
  }

  /** Lets files go until the bounds hold; true where not even that makes room. */
  private async makeRoom(): Promise<boolean> {
    const { letGo, starved } = await this.space.decide(this.captures.openFiles(), this.deliveries);
    for (const { file, reason } of letGo) this.deliveries.letGo(file, reason);
    return starved;
  }

  /** Goes without having finished: nothing is lost, the next agent on this spool goes on. A recorder's ring stays for it. */
  private async leave(deliverMs: number): Promise<ExitCode> {
    const { spool, clock, log, uploader } = this.deps;
    const sinceMs = clock.monotonic();
    const mayDeliver = (): boolean => clock.monotonic() - sinceMs < (uploader.delivery.ok ? deliverMs : Math.min(deliverMs, LEAVING_REFUSED_MS));
    const halted = { all: false };
    void this.captures.halt().then(() => ((halted.all = true), this.poke()));
    const isWaiting = (): boolean => Object.values(spool.state.pending).some((file) => this.deliveries.isWanted(file));
    while (!halted.all || (mayDeliver() && isWaiting() && !spool.state.done)) {
      this.wake.arm();
      await this.captures.poll();
      await this.makeRoom();
      if (deliverMs > 0) this.deliveries.startAll();
      if (this.telling.mayReport) this.telling.report(false);
      await this.wake.wait(LEAVING_LOOK_MS);
    }
    if (deliverMs > 0 && this.finishing.isDue) {
      while (mayDeliver() && !spool.state.done) {
        this.wake.arm();
        await this.finishing.ifDrained();
        await this.wake.wait(LEAVING_LOOK_MS);
      }
      if (spool.state.done) return this.finishing.end();
    }
    await this.telling.stopPublishing('the agent ends');
    await this.deliveries.interrupt();
    this.telling.report(false);
    await spool.close();
    log.info({ pending: Object.keys(spool.state.pending).length }, 'not done: the next agent on this spool goes on');
    return EXIT.notDone;
  }
}
