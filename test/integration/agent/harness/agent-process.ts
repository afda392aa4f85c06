// The agent as a child process: bundled once, told by a control file as the kubelet writes it, heard by its report lines.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Control } from '../../../../src/protocol/control.js';
import type { JobConfig } from '../../../../src/protocol/job-config.js';
import { manifestSchema, type Manifest, type ManifestFile } from '../../../../src/protocol/manifest.js';
import { parseReport, type Report } from '../../../../src/protocol/report.js';
import type { TestPod } from './namespace.js';
import { FILTER, readSavefile, type Record } from './traffic.js';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
export const RUN_PREFIX = 'shop/web-resets/20261120T030512Z-1a2b3c/';
const NODE = 'node-a';

/** The agent's program with the folder for a bucket. */
const FOLDER_AGENT = 'test/integration/agent/harness/entry.ts';
const bundles = new Map<string, string>();

/** The bundle of an agent's program. */
function bundled(program: string): string {
  const known = bundles.get(program);
  if (known !== undefined) return known;
  const folder = join(ROOT, 'node_modules/.cache/agent-under-test');
  mkdirSync(folder, { recursive: true });
  const name = program.replaceAll(/[^a-z]+/g, '-');
  const bundle = join(folder, `${name}.mjs`);
  const unfinished = join(folder, `${name}-${process.pid}.mjs`);
  const banner = "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";
  execFileSync(join(ROOT, 'node_modules/.bin/esbuild'), [join(ROOT, program), '--bundle', '--platform=node', '--target=node20', '--format=esm', `--banner:js=${banner}`, `--outfile=${unfinished}`, '--log-level=error']);
  renameSync(unfinished, bundle);
  bundles.set(program, bundle);
  return bundle;
}

export type JobOverrides = { [K in keyof JobConfig]?: JobConfig[K] extends object ? Partial<JobConfig[K]> : JobConfig[K] };

export function jobConfig(overrides: JobOverrides = {}): JobConfig {
  return {
    version: 1,
    runID: '20261120T030512Z-1a2b3c',
    capture: { namespace: 'shop', name: 'web-resets', uid: 'c-1' },
    node: NODE,
    spoolDirectory: 'c-1.20261120T030512Z-1a2b3c',
    allowHostNetwork: false,
    logLevel: 'info',
    ...overrides,
    tcpdump: { interface: 'any', filter: FILTER, snapLength: 262_144, bufferSizeBytes: 8 * 2 ** 20, ...overrides.tcpdump },
    ring: { ...overrides.ring },
    spool: { maxSizeBytes: 64e6, reserveFraction: 0, retentionSeconds: 3600, ...overrides.spool },
    upload: { policy: 'Continuous', ...overrides.upload },
    destination: { name: 'd', region: 'us-east-1', bucket: 'b', prefix: '', addressing: 'Path', ...overrides.destination },
  } as JobConfig;
}

/** Where agents of one run and node are at home. */
export interface AgentHome {
  readonly folder: string;
  readonly spool: string;
  readonly job: JobConfig;
}

/** How an agent's process is started. */
export interface Launch {
  /** Its source, from the project's root. */
  program?: string;
  /** A command that runs it, in place of itself: the process id stays. */
  wrap?: string[];
  /** A descriptor that takes what it says, so that nothing is heard here. */
  output?: 'pipe' | number;
}

/** One run's folders on a node: outlive any agent. */
export class TestNode {
  readonly folder = mkdtempSync(join(tmpdir(), 'pcagent-'));
  readonly spool = join(this.folder, 'spool');
  readonly bucket = join(this.folder, 'bucket');
  readonly started: AgentProcess[] = [];

  constructor(readonly job: JobConfig) {
    for (const path of [this.spool, this.bucket]) mkdirSync(path);
  }

  start(podUID = 'agent-1', env: NodeJS.ProcessEnv = {}, launch: Launch = {}): AgentProcess {
    const agent = new AgentProcess(this, podUID, { TEST_BUCKET: this.bucket, ...env }, launch);
    this.started.push(agent);
    return agent;
  }

  set bucketIsDown(down: boolean) {
    if (down) writeFileSync(`${this.bucket}.down`, '');
    else rmSync(`${this.bucket}.down`, { force: true });
  }

  /** Keys of the captured files in the bucket, in order. */
  get keys(): string[] {
    const found = readdirSync(this.bucket, { recursive: true, encoding: 'utf8' });
    return found.filter((key) => key.endsWith('.pcap')).sort();
  }

  read(key: string): Buffer {
    return readFileSync(join(this.bucket, key));
  }

  records(): Record[] {
    return this.keys.flatMap((key) => readSavefile(this.read(key)));
  }

  manifest(attempt = 1): Manifest {
    return manifestSchema.parse(JSON.parse(this.read(`${RUN_PREFIX}manifest/${NODE}-${String(attempt).padStart(2, '0')}.json`).toString()));
  }

  /** All of the manifest's files, those in segments too. */
  manifestFiles(attempt = 1): ManifestFile[] {
    const { segments, files } = this.manifest(attempt);
    return [...segments.flatMap(({ key }) => JSON.parse(this.read(key).toString()) as ManifestFile[]), ...files];
  }

  get spoolFiles(): string[] {
    return existsSync(this.spool) ? readdirSync(this.spool, { recursive: true, encoding: 'utf8' }) : [];
  }

  async remove(): Promise<void> {
    for (const agent of this.started) await agent.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class AgentProcess {
  readonly reports: Report[] = [];
  readonly reportTimesMs: number[] = [];
  stderr = '';
  stdoutNoise = '';
  readonly exited: Promise<number | null>;
  readonly child: ChildProcess;
  private readonly folder: string;
  private listeners: (() => void)[] = [];

  constructor(
    node: AgentHome,
    readonly podUID: string,
    env: NodeJS.ProcessEnv,
    { program = FOLDER_AGENT, wrap = [], output = 'pipe' }: Launch = {},
  ) {
    this.folder = join(node.folder, `pod-${podUID}`);
    mkdirSync(join(this.folder, 'control'), { recursive: true });
    const [command = '', ...args] = [...wrap, process.execPath, bundled(program)];
    this.child = spawn(command, args, {
      stdio: ['ignore', output, output],
      env: {
        PATH: process.env['PATH'],
        PACKETCAPTURE_JOB: JSON.stringify(node.job),
        PACKETCAPTURE_POD_UID: podUID,
        PACKETCAPTURE_NODE_NAME: NODE,
        PACKETCAPTURE_CONTROL_DIR: join(this.folder, 'control'),
        PACKETCAPTURE_CREDENTIALS_DIR: this.folder,
        PACKETCAPTURE_SPOOL_DIR: node.spool,
        PACKETCAPTURE_POD_DIR: this.folder,
        // Agents of tests share a netns: any free port.
        PACKETCAPTURE_LIVE_PORT: '0',
        PACKETCAPTURE_TERMINATION_LOG: this.terminationLog,
        ...env,
      },
    });
    let partial = '';
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (partial + text).split('\n');
      partial = lines.pop() ?? '';
      for (const line of lines) this.takeLine(line);
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exited = new Promise((resolve) => this.child.on('close', (code) => (resolve(code), this.notify())));
  }

  get terminationLog(): string {
    return join(this.folder, 'termination-log');
  }

  private takeLine(line: string): void {
    const report = parseReport(line);
    if (!report) this.stdoutNoise += line;
    else {
      this.reports.push(report);
      this.reportTimesMs.push(Date.now());
    }
    this.notify();
  }

  private notify(): void {
    for (const listener of this.listeners.splice(0)) listener();
  }

  get report(): Report {
    const last = this.reports.at(-1);
    if (!last) throw new Error(`no report; stderr: ${this.stderr}`);
    return last;
  }

  /** Resolves with the first report, from the last one on, that fits. */
  async until(fits: (report: Report) => boolean, what: string, timeoutMs = 20_000): Promise<Report> {
    const endMs = Date.now() + timeoutMs;
    for (;;) {
      const last = this.reports.at(-1);
      if (last && fits(last)) return last;
      const leftMs = endMs - Date.now();
      if (leftMs <= 0 || this.child.exitCode !== null) throw new Error(`${what}: not seen${this.child.exitCode === null ? '' : ` before exit ${this.child.exitCode}`}; last report ${JSON.stringify(last)}; stderr ${this.stderr.slice(-3000)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(leftMs, 500));
        this.listeners.push(() => (clearTimeout(timer), resolve()));
      });
    }
  }

  /** Ports of the live sessions that were opened, in order. */
  get livePorts(): number[] {
    return this.stderr.split('\n').flatMap((line) => (line.includes('a live session is open') ? [(JSON.parse(line) as { port: number }).port] : []));
  }

  untilCapturing(): Promise<Report> {
    return this.until((r) => r.targets.some((t) => t.state === 'Capturing'), 'capturing');
  }

  untilCaptured(packets: number, timeoutMs?: number): Promise<Report> {
    return this.until((r) => r.ledger.packets.captured >= packets, `${packets} packets captured`, timeoutMs);
  }

  /** Writes control as the kubelet does: a new folder, to which a symlink is swung. */
  control(overrides: Partial<Control> & { targets: Control['targets'] } | null): void {
    const control = join(this.folder, 'control');
    const former = readdirSync(control).filter((name) => /^\.\.\d+$/.test(name));
    const version = `..${1 + Math.max(0, ...former.map((name) => Number(name.slice(2))))}`;
    const folder = join(control, version);
    mkdirSync(folder);
    const value = overrides && ({ version: 1, podUID: this.podUID, attempt: 1, follows: false, remainingMs: 0, limits: {}, suspend: false, snapshot: null, live: null, stop: null, ...overrides } satisfies Control);
    writeFileSync(join(folder, 'control'), value ? JSON.stringify(value) : '');
    symlinkSync(version, join(control, '..next'));
    renameSync(join(control, '..next'), join(control, '..data'));
    if (former.length === 0) symlinkSync('..data/control', join(control, 'control'));
    for (const name of former) rmSync(join(control, name), { recursive: true });
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return this.exited;
  }
}

/** The ids of the tcpdumps that capture in a pod's netns. */
export function tcpdumpsOf(pod: TestPod): number[] {
  const { ino } = statSync(`/run/netns/${pod.netns}`);
  return readdirSync('/proc').flatMap((entry) => {
    try {
      if (!/^\d+$/.test(entry) || readFileSync(`/proc/${entry}/comm`, 'utf8') !== 'tcpdump\n') return [];
      return statSync(`/proc/${entry}/ns/net`).ino === ino ? [Number(entry)] : [];
    } catch {
      return [];
    }
  });
}
