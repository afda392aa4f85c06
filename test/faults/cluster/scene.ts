// Where a trial of the cluster level plays: a pod with numbered traffic, a capture of it by the deployed operator, and a destination of its own.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { STOP_ANNOTATION } from '../../../src/api/group.js';
import { ledgerSchema } from '../../../src/protocol/ledger.js';
import { targetName } from '../../../src/protocol/keys.js';
import { applyCapture, capture, CAPTURES, captureThat, condition, inPhase, podsOf, type Capture } from '../../e2e/support/captures.js';
import { cleanUp, readyDestination } from '../../e2e/support/destination.js';
import { apply, kubectl } from '../../e2e/support/kubectl.js';
import { freshNamespace, NODES, pod, podStatus, RECEIVER, runningPodIP } from '../../e2e/support/workload.js';
import { lastManifests } from '../oracle/account.js';
import { openBucket } from '../oracle/bucket.js';
import type { Disturbance, Evidence, SentPacket } from '../oracle/evidence.js';
import { markedNumber } from '../oracle/pcap.js';
import { Sampler } from '../framework/sampler.js';

const SENDER = fileURLToPath(new URL('../../integration/agent/harness/send.mjs', import.meta.url));
const PORT = '9000';
const PER_SECOND = '300';
const SPOOL_BYTES = 64 * 2 ** 20;
const SETTLE_MS = 180_000;
/** Looking through /proc for the agent costs more than asking a known process. */
const SAMPLE_MS = 250;

export class ClusterScene {
  readonly name = `faults-${randomBytes(4).toString('hex')}`;
  readonly disturbances: Disturbance[] = [];
  readonly node = NODES[0] ?? '';
  private sent: SentPacket[] = [];
  private sending: { stop: () => Promise<SentPacket[]> } | undefined;
  private sampler: Sampler | undefined;
  private agentPodUIDs: string[] = [];
  private runID = '';
  private readonly undo: (() => Promise<unknown>)[] = [];

  /** The capture runs, and what is sent is captured. */
  async start(): Promise<void> {
    await freshNamespace(this.name);
    const destination = await readyDestination(this.name);
    await apply(pod(this.name, 'receiver', RECEIVER, { node: this.node }));
    const ip = await runningPodIP(this.name, 'receiver');
    await applyCapture(this.name, 'c', { target: { podName: 'receiver' }, filter: `udp dst port ${PORT}`, duration: '30m', ring: { fileSize: '1M', rotateInterval: '2s' }, spool: { maxSize: String(SPOOL_BYTES) }, ...destination });
    const capturing = await inPhase(this.name, 'c', 'Capturing', SETTLE_MS);
    this.runID = capturing.status?.run?.id ?? '';
    const spool = join('/var/lib/packetcapture-sandbox', this.node, 'host/var/lib/packetcapture', `${capturing.metadata.uid}.${this.runID}`);
    this.agentPodUIDs = (await podsOf(capturing)).map((p) => p.metadata.uid);
    this.sampler = new Sampler(() => spool, () => agentIn(this.agentPodUIDs), SAMPLE_MS);
    this.sending = send(ip, targetName('receiver', (await podStatus(this.name, 'receiver'))?.metadata.uid ?? ''));
    await this.untilCaptured(300);
  }

  async object(): Promise<Capture> {
    const object = await capture(this.name, 'c');
    if (!object) throw new Error(`capture ${this.name}/c is gone`);
    return object;
  }

  pods = async () => podsOf(await this.object());

  until(what: string, check: (object: Capture) => boolean): Promise<Capture> {
    return captureThat(this.name, 'c', what, check, SETTLE_MS);
  }

  async untilCaptured(more: number): Promise<void> {
    const from = (await this.object()).status?.packets?.captured ?? 0;
    await this.until(`${more} more packets captured`, (c) => (c.status?.packets?.captured ?? 0) >= from + more);
    this.agentPodUIDs = (await this.pods()).map((p) => p.metadata.uid);
  }

  async disturb(work: () => Promise<unknown>): Promise<void> {
    const disturbance = { fromMs: Date.now(), toMs: Infinity };
    this.disturbances.push(disturbance);
    await work();
    disturbance.toMs = Date.now();
  }

  /** A fault that ends the run ends the traffic before that. */
  get isSending(): boolean {
    return this.sending !== undefined;
  }

  /** What is done before all else when the scene is taken down, whatever happens. */
  onRemove(undo: () => Promise<unknown>): void {
    this.undo.unshift(undo);
  }

  async stopTraffic(): Promise<void> {
    this.sent = (await this.sending?.stop()) ?? this.sent;
    this.sending = undefined;
  }

  /** Stops the run as people do, and waits until it is finished. */
  async finish(): Promise<void> {
    await this.stopTraffic();
    await kubectl(['annotate', `${CAPTURES}/c`, '-n', this.name, '--overwrite', `${STOP_ANNOTATION}=${this.runID}`]);
    await this.until('finished', (c) => condition(c, 'Finished')?.status === 'True' && c.status?.packets?.pending === 0);
  }

  async evidence(): Promise<Evidence & { violations: string[] }> {
    const { status } = await this.object();
    const prefix = status?.run?.destination?.prefix ?? 'none/';
    const bucket = openBucket();
    const [stored, manifests] = await Promise.all([bucket.stored(prefix, markedNumber), bucket.manifests(prefix)]);
    const discards: Record<string, number> = {};
    for (const manifest of lastManifests(manifests)) for (const [reason, packets] of Object.entries(manifest.discards)) discards[reason] = (discards[reason] ?? 0) + packets;
    const violations: string[] = [];
    if (status?.run?.id !== this.runID || (status.previousRuns ?? []).length > 0) violations.push(`the run was ${this.runID}; the status has ${status?.run?.id} after ${JSON.stringify(status?.previousRuns)}`);
    if (status?.phase !== 'Complete') violations.push(`the run ended as ${status?.phase}: ${JSON.stringify(status?.conditions?.filter((c) => c.status === 'True'))}`);
    const lost = (status?.gaps?.count ?? 0) > 0 || (status?.packets?.lost ?? 0) > 0;
    const lossDetected = status?.conditions?.find((c) => c.type === 'LossDetected')?.status;
    if (lossDetected !== (lost ? 'True' : 'False')) violations.push(`LossDetected is ${lossDetected} with ${status?.gaps?.count} gaps and ${status?.packets?.lost} packets lost`);
    return {
      sent: this.sent,
      stored,
      manifests,
      stated: {
        ledger: ledgerSchema.parse({ packets: status?.packets ?? {}, files: status?.files ?? {}, bytes: status?.bytes ?? {} }),
        gaps: { count: status?.gaps?.count ?? 0, seconds: status?.gaps?.seconds ?? 0 },
        discards,
      },
      disturbances: this.disturbances,
      spool: { peakBytes: this.sampler?.spoolPeakBytes ?? 0, boundBytes: SPOOL_BYTES },
      peakMemoryBytes: this.sampler?.memoryPeakBytes ?? 0,
      violations,
    };
  }

  async remove(): Promise<void> {
    this.sampler?.stop();
    await this.sending?.stop();
    for (const undo of this.undo) await undo();
    await cleanUp(this.name, this.name);
  }
}

/** Numbered datagrams from this machine, which reaches the sandbox's pods. */
function send(address: string, target: string) {
  const child = spawn(process.execPath, [SENDER, address, PORT, '0', '100000000', PER_SECOND, '300'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  return {
    stop: async (): Promise<SentPacket[]> => {
      child.kill('SIGTERM');
      await ended;
      const lines = output.split('\n').filter(Boolean).map((line) => line.split(' ').map(Number));
      return lines.map(([number = 0, fromMs = 0, untilMs = 0]) => ({ number, target, fromMs, untilMs }));
    },
  };
}

/** The process of an agent, by its pods' cgroups. */
function agentIn(podUIDs: string[]): number | undefined {
  for (const entry of readdirSync('/proc')) {
    try {
      if (!/^\d+$/.test(entry) || !readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes('\0agent\0')) continue;
      const cgroup = readFileSync(`/proc/${entry}/cgroup`, 'utf8');
      if (podUIDs.some((uid) => cgroup.includes(uid))) return Number(entry);
    } catch {
      // Gone.
    }
  }
  return undefined;
}
