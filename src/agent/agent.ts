// The agent's loop: looks at control, files and bucket, and does the next right thing, until the run's work on this node is done.
import { rmdir } from 'node:fs/promises';
import type { Control } from '../protocol/control.js';
import { runPrefix } from '../protocol/keys.js';
import { DISCARD_REASON } from '../api/reasons.js';
import { Captures } from './captures.js';
import type { AgentConfig } from './config.js';
import type { ControlFile } from './control.js';
import { Deliveries } from './deliveries.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { ledgersOf, type Ledgers } from './ledger.js';
import { runLimitReached, targetLimitReached } from './limits.js';
import { buildManifest } from './manifest/build.js';
import { ManifestPublisher } from './manifest/publish.js';
import { nextLookMs } from './pace.js';
import { buildReport } from './report/build.js';
import { ReportWriter } from './report/writer.js';
import { pause, type Clock } from './clock.js';
import type { RunChild } from '../tcpdump/child.js';
import { Space } from './space.js';
import type { SpoolLock } from './spool/lock.js';
import type { Spool } from './spool/spool.js';
import { largestFileMB, tcpdumpArguments, tcpdumpArgv } from './tcpdump/argv.js';
import { FilterCompiler } from '../tcpdump/filter-compiler.js';
import type { TargetDependencies } from './target/dependencies.js';
import type { Uploader } from './upload/port.js';

export interface AgentLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface AgentDependencies {
  config: AgentConfig;
  control: ControlFile;
  spool: Spool;
  lock: SpoolLock;
  uploader: Uploader;
  run: RunChild;
  clock: Clock;
  log: AgentLog;
  /** One report line to stdout. */
  writeLine: (line: string) => void;
  /** `tcpdump --version`, first line. */
  tcpdumpVersion: string;
  /** Aborted when the pod is to end. */
  terminate: AbortSignal;
}

/** tcpdump is asked this often: a little more than the kernel's block timeout, so that two equal answers mean that nothing waits. */
const COUNTERS_EVERY_MS = 1100;
const FIRST_REPORT_MS = 1000;
const MANIFEST_EVERY_MS = 30_000;
/** Of the 30 s that a pod has from SIGTERM to SIGKILL. */
const DELIVER_AFTER_SIGTERM_MS = 20_000;
const LEAVING_LOOK_MS = 100;
/** Where there is nothing (left) to deliver, the manifest is not waited for any longer. */
const LAST_MANIFEST_MS = 60_000;

export class Agent {
  private readonly captures: Captures;
  private readonly deliveries: Deliveries;
  private readonly publisher: ManifestPublisher;
  private readonly reports: ReportWriter;
  private readonly space: Space;
  private readonly attempt: number;
  private wake = new AbortController();
  private countersMs = -Infinity;
  private readonly startedMs: number;
  private manifestMs: number;
  private publishing: { abort: AbortController; settled: Promise<void> } | undefined;
  private published: boolean;
  /** When the final manifest was begun. */
  private finalSinceMs: number | undefined;
  /** Monotonic time at which this attempt began to capture. */
  private captureAnchorMs: number | undefined;

  constructor(private readonly deps: AgentDependencies) {
    const { config, spool, lock, run, clock, log, uploader } = deps;
    const { job } = config;
    const prefix = runPrefix(job.destination.prefix, job.capture.namespace, job.capture.name, job.runID);
    this.attempt = spool.state.attempt;
    const wake = (): void => this.wake.abort();
    const targetDeps: TargetDependencies = { job, spool, lock: lock.handle, run, compiler: new FilterCompiler(run, ['unshare', '--net']), clock, log, attempt: this.attempt, argv: (linkType) => tcpdumpArgv(this.tcpdumpOptions(linkType)), wake };
    this.captures = new Captures(targetDeps);
    this.deliveries = new Deliveries(spool, uploader, prefix, job.upload.policy, log, wake);
    this.publisher = new ManifestPublisher(spool, uploader, prefix, config.node, () => clock.now());
    this.reports = new ReportWriter(spool.state.reportsFrom, config.paths.terminationLog, clock, deps.writeLine, log);
    this.space = new Space(job, spool, clock, () => this.largestFileMB() * 1e6);
    this.published = spool.state.done;
    this.manifestMs = this.startedMs = clock.monotonic();
    uploader.onChange(wake);
    deps.terminate.addEventListener('abort', wake);
  }

  async run(): Promise<ExitCode> {
    const { clock, log, spool, terminate } = this.deps;
    while (!spool.state.done) {
      const control = this.deps.control.current;
      if (terminate.aborted) return this.leave(DELIVER_AFTER_SIGTERM_MS);
      if (control?.attempt !== this.attempt) {
        log.warn({}, 'control addresses this pod no more');
        return this.leave(0);
      }
      const lookedMs = clock.monotonic();
      this.wake = new AbortController();
      await this.captures.poll();
      this.captures.converge(control, !spool.state.stopped?.final && this.finalSinceMs === undefined);
      this.endWhatReachedItsLimit(control);
      this.captures.hold(await this.makeRoom());
      this.deliveries.startAll();
      this.tell();
      await this.finishIfDrained();
      if (spool.state.done) break;
      const nextMs = nextLookMs(this.captures.isRunning, this.space.freeBytes) - (clock.monotonic() - lookedMs);
      await pause(Math.max(1, Math.min(nextMs, this.leftMs(control))), this.wake.signal);
    }
    return this.end();
  }

  /** For whoever waits for the next look: something changed. */
  poke(): void {
    this.wake.abort();
  }

  private largestFileMB(): number {
    const { job } = this.deps.config;
    const targets = Object.keys(this.deps.spool.state.targets).filter((name) => !this.captures.hasEnded(name)).length;
    return largestFileMB(job.ring.fileSizeBytes, job.spool.maxSizeBytes, Math.max(1, targets));
  }

  private tcpdumpOptions(linkType: string) {
    const { job } = this.deps.config;
    return { ...job.tcpdump, linkType, fileSizeMB: this.largestFileMB(), rotateIntervalSeconds: job.ring.rotateIntervalSeconds };
  }

  private ledgers(): Ledgers {
    return ledgersOf(this.deps.spool.state, this.captures.openFiles());
  }

  /** Time since this attempt's first tcpdump began to listen; a restart of the container does not reset it. */
  private capturedMs(): number | undefined {
    const { spool, clock } = this.deps;
    const { attemptStartMs } = spool.state;
    if (attemptStartMs === undefined) return undefined;
    this.captureAnchorMs ??= clock.monotonic() - Math.max(0, clock.now() - attemptStartMs);
    return clock.monotonic() - this.captureAnchorMs;
  }

  /** Time to the end of the duration, so that it is not noticed only at some later look. */
  private leftMs({ remainingMs }: Control): number {
    const capturedMs = this.capturedMs();
    if (capturedMs === undefined || remainingMs === 0 || this.deps.spool.state.stopped?.final) return Infinity;
    return remainingMs - capturedMs;
  }

  private endWhatReachedItsLimit(control: Control): void {
    const { spool, clock } = this.deps;
    if (spool.state.stopped?.final) return;
    const reason = runLimitReached(control, this.capturedMs());
    if (reason !== undefined) {
      this.captures.endAll(reason);
      spool.record({ type: 'stopped', reason, timeMs: clock.now(), final: true });
      return;
    }
    for (const [name, ledger] of this.ledgers().targets) {
      const limit = targetLimitReached(ledger, control.limits);
      if (limit !== undefined) this.captures.end(name, limit, false);
    }
    // A target that is gone may be followed by another of its name: whether to wait for one is the operator's to say.
    const gone = new Set(control.targets.filter((target) => target.gone).map(({ name }) => name));
    const targets = Object.values(spool.state.targets).filter(({ name }) => !gone.has(name));
    if (spool.state.stopped || targets.length === 0 || !targets.every(({ name }) => this.captures.hasEnded(name))) return;
    const last = targets.reduce((a, b) => ((b.stopMs ?? 0) >= (a.stopMs ?? 0) ? b : a));
    spool.record({ type: 'stopped', reason: last.stopReason ?? 'Failed', timeMs: clock.now(), final: false });
  }

  /** Lets files go until the bounds hold; true where not even that makes room. */
  private async makeRoom(): Promise<boolean> {
    const { letGo, starved } = await this.space.decide(this.captures.openFiles(), (file) => this.deliveries.isLeaving(file));
    for (const { file, reason } of letGo) this.deliveries.letGo(file, reason);
    return starved;
  }

  /** Counters, report and manifest, each in its own time. */
  private tell(): void {
    const { clock } = this.deps;
    const now = clock.monotonic();
    if (now - this.countersMs >= COUNTERS_EVERY_MS) {
      this.countersMs = now;
      this.captures.askForCounters();
    }
    if (this.reports.isDue && !this.isStarting) this.report(false);
    this.publisher.seal();
    if (this.publishing === undefined && now - this.manifestMs >= MANIFEST_EVERY_MS && !this.deps.spool.state.stopped) {
      this.manifestMs = now;
      this.publish(false);
    }
  }

  /** A report that says nothing yet would only keep the one that says Capturing back for a second. */
  private get isStarting(): boolean {
    const quiet = [...this.captures.live().values()].every(({ state, reason }) => state === 'Pending' && reason === undefined);
    return this.reports.count === 0 && quiet && !this.deps.spool.state.stopped && this.deps.clock.monotonic() - this.startedMs < FIRST_REPORT_MS;
  }

  private report(done: boolean): void {
    const { config, spool, uploader } = this.deps;
    const { job, node, podUID } = config;
    this.reports.write(
      buildReport({ runID: job.runID, node, podUID, state: spool.state, ledgers: this.ledgers(), live: this.captures.live(), delivery: uploader.delivery, manifestKey: this.published ? this.publisher.key : undefined, done }),
    );
  }

  private publish(final: boolean): void {
    const abort = new AbortController();
    const settled = this.publisher.publish(() => this.manifest(final), abort.signal).then(
      () => {
        this.published = true;
        if (final) this.deps.spool.record({ type: 'done' });
      },
      (error: unknown) => this.deps.log.warn({ error: String(error), final }, 'manifest not written'),
    );
    this.publishing = { abort, settled: settled.finally(() => ((this.publishing = undefined), this.poke())) };
  }

  private manifest(final: boolean) {
    const { config, spool, tcpdumpVersion } = this.deps;
    const linkType = Object.values(spool.state.targets).find((t) => t.linkType !== undefined)?.linkType ?? '';
    return buildManifest({
      ...{ job: config.job, node: config.node, state: spool.state, ledgers: this.ledgers(), live: this.captures.live(), final },
      tcpdump: { version: tcpdumpVersion, argv: ['tcpdump', ...tcpdumpArguments(this.tcpdumpOptions(linkType))] },
      keyOf: (file) => this.deliveries.keyOf(file),
    });
  }

  /** Once nothing is captured any more: waits for the last file, gives up what is past its time, writes the final manifest. */
  private async finishIfDrained(): Promise<void> {
    const { spool, clock, config } = this.deps;
    const { stopped, pending, leaving } = spool.state;
    if (!stopped || !this.captures.areFinished) return;
    const overdueMs = clock.now() - stopped.timeMs - config.job.spool.retentionSeconds * 1000;
    if (overdueMs > 0) for (const file of Object.values(pending)) this.deliveries.letGo(file, DISCARD_REASON.drainExpired);
    if (Object.keys(pending).length > 0 || Object.keys(leaving).length > 0) return;

    if (this.finalSinceMs === undefined) {
      this.finalSinceMs = clock.monotonic();
      this.publishing?.abort.abort(new Error('the final manifest follows'));
      await this.publishing?.settled;
    }
    if (this.publishing === undefined) this.publish(true);
    const nothingToTell = overdueMs > 0 || this.ledgers().total.packets.captured === 0;
    if (nothingToTell && clock.monotonic() - this.finalSinceMs > LAST_MANIFEST_MS) {
      this.publishing?.abort.abort(new Error(`the bucket took no manifest within ${LAST_MANIFEST_MS / 1000} s`));
      await this.publishing?.settled;
      spool.record({ type: 'done' });
    }
  }

  /** The run's work is done: says so, and leaves nothing on the node. */
  private async end(): Promise<ExitCode> {
    const { spool, config, log } = this.deps;
    await spool.sync();
    this.report(true);
    await spool.destroy();
    await rmdir(config.paths.hostSpool).catch(() => undefined);
    log.info({}, 'done');
    return EXIT.done;
  }

  /** Goes without having finished: nothing is lost, the next agent on this spool goes on. */
  private async leave(deliverMs: number): Promise<ExitCode> {
    const { spool, clock, log } = this.deps;
    const untilMs = clock.monotonic() + deliverMs;
    const halted = { all: false };
    void this.captures.halt().then(() => ((halted.all = true), this.poke()));
    while (!halted.all || (clock.monotonic() < untilMs && Object.keys(spool.state.pending).length > 0 && !spool.state.done)) {
      this.wake = new AbortController();
      await this.captures.poll();
      await this.makeRoom();
      if (deliverMs > 0) this.deliveries.startAll();
      if (this.reports.isDue) this.report(false);
      await pause(LEAVING_LOOK_MS, this.wake.signal);
    }
    if (halted.all && deliverMs > 0 && spool.state.stopped) {
      while (clock.monotonic() < untilMs && !spool.state.done) {
        this.wake = new AbortController();
        await this.finishIfDrained();
        await pause(LEAVING_LOOK_MS, this.wake.signal);
      }
      if (spool.state.done) return this.end();
    }
    this.publishing?.abort.abort(new Error('the agent ends'));
    await this.publishing?.settled;
    await this.deliveries.interrupt();
    this.report(false);
    await spool.close();
    log.info({ pending: Object.keys(spool.state.pending).length }, 'not done: the next agent on this spool goes on');
    return EXIT.notDone;
  }
}
