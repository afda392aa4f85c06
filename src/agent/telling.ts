// What the agent tells while it works: it asks tcpdump for its counters, and writes report and manifest, each in its own time.
import type { Captures } from './captures.js';
import type { Deliveries } from './deliveries.js';
import type { AgentDependencies } from './dependencies.js';
import type { Work } from '../protocol/work.js';
import { EndedTargets } from './ended-targets.js';
import { buildManifest, type ManifestBody } from './manifest/build.js';
import { ManifestPublisher } from './manifest/publish.js';
import { buildReport } from './report/build.js';
import { ReportWriter } from './report/writer.js';
import type { Space } from './space.js';
import { isSuspended } from './spool/state.js';
import { isOnDemand } from './spool/wanted.js';

/** tcpdump is asked this often: a little more than the kernel's block timeout, so that two equal answers mean that nothing waits. */
const COUNTERS_EVERY_MS = 1100;
const FIRST_REPORT_MS = 1000;
const MANIFEST_EVERY_MS = 30_000;

export class Telling {
  private readonly publisher: ManifestPublisher;
  private readonly endedTargets: EndedTargets;
  private readonly reports: ReportWriter;
  private readonly startedMs: number;
  private countersMs = -Infinity;
  private publishing: { abort: AbortController; settled: Promise<void> } | undefined;
  private published: boolean;
  private version: Promise<string> | undefined;
  /** What the last manifest was written for. */
  private occasion: string | undefined;

  constructor(
    private readonly deps: AgentDependencies,
    private readonly captures: Captures,
    private readonly deliveries: Deliveries,
    private readonly space: Pick<Space, 'freeBytes'>,
    prefix: string,
    private readonly wake: () => void,
  ) {
    const { config, spool, uploader, clock, log, writeLine } = deps;
    this.publisher = new ManifestPublisher(spool, uploader, prefix, config.node, () => clock.now());
    this.endedTargets = new EndedTargets(config.job, spool, captures, this.publisher);
    this.reports = new ReportWriter(spool.state.reportsFrom, config.paths.terminationLog, clock, writeLine, log);
    this.published = spool.state.done;
    this.startedMs = clock.monotonic();
  }

  tell(): void {
    const now = this.deps.clock.monotonic();
    if (now - this.countersMs >= COUNTERS_EVERY_MS) {
      this.countersMs = now;
      this.captures.askForCounters();
    }
    if (this.reports.isDue && !this.isStarting) this.report(false);
    this.publisher.seal();
    this.endedTargets.seal(this.isAskedFor);
    const occasion = this.manifestOccasion();
    if (this.publishing === undefined && occasion !== undefined && occasion !== this.occasion) this.publish(false, occasion);
  }

  /** While files come as they are closed, a manifest now and then; from a flight recorder after each snapshot; and one when all is suspended. */
  private manifestOccasion(): string | undefined {
    const { spool, config, clock } = this.deps;
    const { stopped, pending, snapshots } = spool.state;
    if (isSuspended(spool.state)) return this.captures.areFinished && Object.keys(pending).length === 0 ? `suspended ${stopped?.timeMs}` : undefined;
    if (stopped) return undefined;
    if (isOnDemand(config.job.upload.policy)) return snapshots.findLast(({ completionMs }) => completionMs !== undefined)?.token;
    const times = Math.floor((clock.monotonic() - this.startedMs) / MANIFEST_EVERY_MS);
    return times === 0 ? undefined : `${times}`;
  }

  /** A report that says nothing yet would only keep the one that says Capturing back for a second. */
  private get isStarting(): boolean {
    const quiet = [...this.captures.live().values()].every(({ state, reason }) => state === 'Pending' && reason === undefined);
    return this.reports.count === 0 && quiet && !this.deps.spool.state.stopped && this.deps.clock.monotonic() - this.startedMs < FIRST_REPORT_MS;
  }

  /** Whether a report may be written now without exceeding one a second. */
  get mayReport(): boolean {
    return this.reports.isDue;
  }

  /** The newest report, as it was written: the end takes as many lines as there are targets to tell of. */
  get lastLines(): string {
    return this.reports.lastLines;
  }

  report(done: boolean): void {
    const { config, spool, uploader } = this.deps;
    const { job, node, podUID } = config;
    const { captures } = this;
    this.reports.write(
      buildReport({
        ...{ runID: job.runID, node, podUID, state: spool.state, ledgers: captures.ledgers(), live: captures.live(), isAskedFor: this.isAskedFor, isHalted: captures.areFinished },
        ...{ delivery: uploader.delivery, manifestKey: this.published ? this.publisher.key : undefined, done },
      }),
      captures.countedMs,
      this.work,
    );
  }

  private get work(): Work {
    const { config, processID, uploader } = this.deps;
    const { maxSizeBytes } = config.job.spool;
    return { process: processID, uploads: uploader.uploads, spool: { usedBytes: Math.max(0, maxSizeBytes - this.space.freeBytes), maxBytes: maxSizeBytes } };
  }

  /** Of whom control does not say that they are of no interest any more. */
  private get isAskedFor(): (name: string) => boolean {
    const { current } = this.deps.control;
    const asked = current && new Set(current.targets.map(({ name }) => name));
    return (name) => asked?.has(name) ?? true;
  }

  get isPublishing(): boolean {
    return this.publishing !== undefined;
  }

  /** Begins to write the manifest. Once a final one is in the bucket, the run's work here is done. */
  publish(final: boolean, occasion?: string): void {
    const abort = new AbortController();
    const settled = this.tcpdumpVersion().then((version) => this.publisher.publish(() => this.manifest(version, final), abort.signal)).then(
      () => {
        this.published = true;
        this.occasion = occasion;
        if (final) this.deps.spool.record({ type: 'done' });
      },
      (error: unknown) => this.deps.log.warn({ error: String(error), final }, 'manifest not written'),
    );
    this.publishing = { abort, settled: settled.finally(() => ((this.publishing = undefined), this.wake())) };
  }

  /** Gives up writing a manifest. */
  async stopPublishing(why: string): Promise<void> {
    this.publishing?.abort.abort(new Error(why));
    await this.publishing?.settled;
  }

  /** The first line of `tcpdump --version`: asked when it is needed, for at the start it would hold up the first packet. */
  private tcpdumpVersion(): Promise<string> {
    this.version ??= this.deps.run(['tcpdump', '--version']).then(
      ({ stdout }) => stdout.split('\n')[0] ?? '',
      (error: unknown) => {
        this.version = undefined;
        throw error;
      },
    );
    return this.version;
  }

  private manifest(tcpdumpVersion: string, final: boolean): ManifestBody {
    const { config, spool } = this.deps;
    const { job, node } = config;
    return buildManifest({
      ...{ job, node, state: spool.state, ledgers: this.captures.ledgers(), live: this.captures.live(), final },
      tcpdumpVersion,
      keyOf: (file) => this.deliveries.keyOf(file),
    });
  }
}
