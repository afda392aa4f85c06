// Where a trial of the agent level plays: pods with numbered traffic, a spool, the real bucket behind the fault proxy, and agents under a kubelet.
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { totalsOf, withReport } from '../../../src/plan/totals.js';
import type { RecordNode, Run } from '../../../src/plan/record.js';
import { runPrefix } from '../../../src/protocol/keys.js';
import { balances } from '../../../src/protocol/ledger.js';
import type { JobConfig } from '../../../src/protocol/job-config.js';
import type { Report } from '../../../src/protocol/report.js';
import { jobConfig, type AgentHome, type JobOverrides, type Launch } from '../../integration/agent/harness/agent-process.js';
import { TestPod } from '../../integration/agent/harness/namespace.js';
import { startSending } from '../../integration/agent/harness/traffic.js';
import { eventually } from '../../integration/eventually.js';
import { startFaultProxy, type FaultProxy } from '../../integration/storage/fault-proxy.js';
import { bucket as sandbox } from '../../integration/storage/sandbox-bucket.js';
import { openBucket, type Bucket } from '../oracle/bucket.js';
import type { Disturbance, Evidence, SentPacket, Stated } from '../oracle/evidence.js';
import { markedNumber } from '../oracle/pcap.js';
import { Sampler } from '../framework/sampler.js';
import { Kubelet, type CapturePod, type Desired } from './kubelet.js';

export interface Settings {
  job?: JobOverrides;
  targets?: number;
  perSecond?: number;
  bytes?: number;
  /** A bucket of the trial's own, and not a prefix of the sandbox's. */
  ownBucket?: boolean;
  /** What befalls requests from the start. */
  decide?: FaultProxy['decide'];
  /** How agents are started, by the scene's folder. */
  launch?: (folder: string) => Launch;
  /** Called with the scene's folder and its spool's before the first agent. */
  prepare?: (folder: string, spool: string) => void;
  /** Called before the scene's folders are removed. */
  undo?: (folder: string, spool: string) => void;
  /** Called with each agent's process. */
  onAgent?: (pid: number, folder: string) => void;
  /** The bucket's address as the agents are told it, by the proxy's. */
  endpoint?: (endpoint: string) => string;
  /** More of the agents' environment. */
  env?: (folder: string) => NodeJS.ProcessEnv;
}

interface Target {
  pod: TestPod;
  /** The process that holds its netns. */
  sandbox: ChildProcess;
  gone: boolean;
  traffic: ReturnType<typeof startSending> | undefined;
  sent: SentPacket[];
  /** What is sent later need not be captured. */
  untilMs: number;
}

const PROGRAM = 'test/faults/agent/program.ts';
/** Numbers of one target, so that no two share one. */
const NUMBERS = 50_000_000;
export const SETTLE_MS = 90_000;

export class AgentScene implements AgentHome {
  readonly folder = mkdtempSync(join(tmpdir(), 'pcfault-'));
  readonly spool = join(this.folder, 'spool');
  readonly targets: Target[] = [];
  readonly kubelet: Kubelet;
  readonly disturbances: Disturbance[] = [];
  readonly job: JobConfig;
  readonly bucket: Bucket;
  readonly prefix: string;
  private desired: Omit<Desired, 'targets'> = {};
  private addressed: CapturePod | undefined;
  private readonly sampler: Sampler;

  static async set(settings: Settings): Promise<AgentScene> {
    const proxy = await startFaultProxy(sandbox.endpoint);
    if (settings.decide) proxy.decide = settings.decide;
    const scene = new AgentScene(settings, proxy);
    if (settings.ownBucket) await scene.bucket.make();
    return scene;
  }

  private constructor(
    private readonly settings: Settings,
    readonly proxy: FaultProxy,
  ) {
    const id = randomBytes(5).toString('hex');
    const prefix = `faults/${id}/`;
    const { job = {}, ownBucket = false, targets = 1, launch = () => ({}), env = () => ({}), prepare, onAgent } = settings;
    this.bucket = openBucket(ownBucket ? `faults-${id}` : undefined);
    this.job = jobConfig({
      ring: { fileSizeBytes: 1e6, rotateIntervalSeconds: 1 },
      ...job,
      destination: { endpoint: settings.endpoint?.(proxy.endpoint) ?? proxy.endpoint, region: sandbox.region, bucket: this.bucket.name, prefix, ...job.destination },
    });
    this.prefix = runPrefix(prefix, this.job.capture.namespace, this.job.capture.name, this.job.runID);
    mkdirSync(this.spool);
    prepare?.(this.folder, this.spool);
    this.writeKeys(sandbox.credentials);
    for (let n = 0; n < targets; n += 1) this.addTarget(`web-${n}`);
    this.kubelet = new Kubelet(
      this,
      () => ({ program: PROGRAM, ...launch(this.folder), env: { PACKETCAPTURE_CREDENTIALS_DIR: join(this.folder, 'credentials'), ...env(this.folder) } }),
      ({ child }) => child.pid !== undefined && onAgent?.(child.pid, this.folder),
    );
    this.sampler = new Sampler(() => this.spool, () => this.kubelet.pods.at(-1)?.agent.child.pid);
  }

  writeKeys({ accessKeyId, secretAccessKey }: { accessKeyId: string; secretAccessKey: string }): void {
    mkdirSync(join(this.folder, 'credentials'), { recursive: true });
    writeFileSync(join(this.folder, 'credentials/accessKeyId'), accessKeyId);
    writeFileSync(join(this.folder, 'credentials/secretAccessKey'), secretAccessKey);
  }

  addTarget(name: string): Target {
    const pod = new TestPod(name);
    const target: Target = { pod, sandbox: pod.run(), gone: false, traffic: undefined, sent: [], untilMs: Infinity };
    this.targets.push(target);
    return target;
  }

  get target(): Target {
    const [first] = this.targets;
    if (!first) throw new Error('no target');
    return first;
  }

  get agent() {
    return this.kubelet.agent;
  }

  get lastReport(): Report | undefined {
    return this.kubelet.reports.at(-1);
  }

  /** The first agent captures, and traffic flows to every target. */
  async start(): Promise<void> {
    this.address(this.kubelet.startPod('agent-1'), { attempt: 1 });
    await this.untilListening();
    for (const target of this.targets) this.startTraffic(target);
    await this.untilCaptured(200);
  }

  startTraffic(target: Target): void {
    const { perSecond = 1000, bytes = 300 } = this.settings;
    const first = 1 + (target.sent.at(-1)?.number ?? this.targets.indexOf(target) * NUMBERS);
    target.traffic = startSending(target.pod, { first, perSecond, bytes });
  }

  /** Tells a pod, and no other, to capture. */
  address(pod: CapturePod, desired: Omit<Desired, 'targets'>): void {
    this.addressed = pod;
    this.control({ ...desired, podUID: pod.uid });
  }

  /** Changes what is asked of the addressed pod. */
  control(change: Omit<Desired, 'targets'>): void {
    this.desired = { ...this.desired, ...change };
    const targets = this.targets.map(({ pod, gone }) => ({ ...pod.target, gone }));
    this.addressed?.agent.control({ ...this.desired, targets });
  }

  /** What goes wrong meanwhile may cost a gap; `work` ends once all was seen to work again. */
  async disturb<T>(work: () => Promise<T>): Promise<T> {
    const disturbance = { fromMs: Date.now(), toMs: Infinity };
    this.disturbances.push(disturbance);
    try {
      return await work();
    } finally {
      disturbance.toMs = Date.now();
    }
  }

  /** Waits for a report that fits, of whichever agent. */
  until(what: string, fits: (report: Report) => boolean, timeoutMs = SETTLE_MS): Promise<Report> {
    return eventually(what, () => (this.lastReport && fits(this.lastReport) ? this.lastReport : undefined), { timeoutMs }).catch((error: unknown) => {
      throw new Error(`${String(error)}; the last report is ${JSON.stringify(this.lastReport)}; the agent said ${this.agent.stderr.slice(-3000)}`);
    });
  }

  untilListening(): Promise<Report> {
    const wanted = this.targets.filter(({ gone }) => !gone).map(({ pod }) => pod.target.name);
    return this.until('capturing', (r) => wanted.every((name) => r.targets.some((t) => t.name === name && t.state === 'Capturing')));
  }

  /** So many packets more than now. */
  untilCaptured(more: number): Promise<Report> {
    const from = this.lastReport?.ledger.packets.captured ?? 0;
    return this.until(`${more} more packets captured`, (r) => r.ledger.packets.captured >= from + more);
  }

  /** Ends the agent, and waits until the next one captures. */
  async replaced(end: () => Promise<void> | void): Promise<void> {
    const known = this.kubelet.agents.length;
    await end();
    await eventually('a next agent', () => this.kubelet.agents.length > known, { timeoutMs: SETTLE_MS });
    await eventually('its first report', () => this.agent.reports.length > 0, { timeoutMs: SETTLE_MS });
    await this.untilListening();
  }

  async stopTraffic(target: Target): Promise<void> {
    const sent = (await target.traffic?.stop()) ?? [];
    target.traffic = undefined;
    target.sent = target.sent.concat(sent.map(({ number, ms, untilMs }) => ({ number, target: target.pod.target.name, fromMs: ms, untilMs })));
  }

  /** Ends traffic and run, and waits until the run's work is done. */
  async finish(stopped = false): Promise<void> {
    for (const target of this.targets) await this.stopTraffic(target);
    if (!stopped) this.control({ stop: { reason: 'Requested' } });
    await eventually('the run is done', () => this.lastReport?.done, { timeoutMs: SETTLE_MS }).catch((error: unknown) => {
      throw new Error(`${String(error)}; the last report is ${JSON.stringify(this.lastReport)}; the agent said ${this.agent.stderr.slice(-3000)}`);
    });
    await this.kubelet.pod.ended;
  }

  async evidence(): Promise<Evidence> {
    return {
      sent: this.targets.flatMap(({ sent, untilMs }) => sent.filter((packet) => packet.fromMs < untilMs)),
      stored: await this.bucket.stored(this.prefix, markedNumber),
      manifests: await this.bucket.manifests(this.prefix),
      stated: this.stated(),
      disturbances: this.disturbances,
      spool: { peakBytes: this.sampler.spoolPeakBytes, boundBytes: this.job.spool.maxSizeBytes },
      peakMemoryBytes: this.sampler.memoryPeakBytes,
    };
  }

  /** What the operator makes of the reports. */
  private stated(): Stated {
    let node = { lostSpools: [] } as unknown as RecordNode;
    for (const report of this.kubelet.reports) node = withReport(node, report, report.targets);
    const { ledger, gaps, discards } = totalsOf({ nodes: [node] } as unknown as Run);
    return { ledger, gaps, discards, unheard: this.unheard() };
  }

  /** What came after the last report of a spool that was lost, up to when the next one's agent listened, of every target. */
  private unheard(): NonNullable<Stated['unheard']> {
    const { reports } = this.kubelet;
    const found: NonNullable<Stated['unheard']> = [];
    for (const [n, last] of reports.entries()) {
      const next = reports[n + 1];
      if (!next || next.spool === last.spool) continue;
      const listens = reports.find((r) => r.spool === next.spool && r.captureStartTime !== undefined);
      const [fromMs, toMs] = [Date.parse(last.countedTime ?? last.time), Date.parse(listens?.captureStartTime ?? '')];
      // Where only the journal was lost, what the next agent finds on the disk began before.
      if (toMs > fromMs) found.push(...this.targets.map(({ pod }) => ({ target: pod.target.name, fromMs, toMs })));
    }
    return found;
  }

  /** What must hold in every single report. */
  violationsMeanwhile(): string[] {
    const found: string[] = [];
    for (const report of this.kubelet.reports) {
      for (const { packets, files, bytes } of [report.ledger, ...report.targets.map((t) => t.ledger)]) {
        for (const account of [packets, files, bytes]) if (!balances(account)) found.push(`report ${report.attempt}/${report.number} does not balance: ${JSON.stringify(account)}`);
      }
    }
    return found.slice(0, 3);
  }

  async remove(): Promise<void> {
    this.sampler.stop();
    for (const target of this.targets) target.traffic?.stop().catch(() => undefined);
    await this.kubelet.removeAll();
    for (const { pod } of this.targets) pod.remove();
    await this.proxy.close();
    this.settings.undo?.(this.folder, this.spool);
    rmSync(this.folder, { recursive: true, force: true });
    await (this.settings.ownBucket ? this.bucket.removeBucket() : this.bucket.removeAll(this.prefix));
  }
}
