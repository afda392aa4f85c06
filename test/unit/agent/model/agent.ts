// An agent for property tests: the real spool, bounds, deliveries, snapshots and endings on real files, around modelled tcpdumps and a modelled bucket.
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Control } from '../../../../src/protocol/control.js';
import type { JobConfig } from '../../../../src/protocol/job-config.js';
import { Deliveries } from '../../../../src/agent/deliveries.js';
import { Endings } from '../../../../src/agent/endings.js';
import { ledgersOf, type Ledgers, type OpenFile } from '../../../../src/agent/ledger.js';
import { Snapshots } from '../../../../src/agent/snapshots.js';
import { Space } from '../../../../src/agent/space.js';
import { onDisk } from '../../../../src/agent/spool/held.js';
import type { SpoolFile, StartID } from '../../../../src/agent/spool/events.js';
import { StartFollower } from '../../../../src/agent/spool/follow.js';
import { recordClosed, takeOverLeftovers } from '../../../../src/agent/spool/leftovers.js';
import { Spool } from '../../../../src/agent/spool/spool.js';
import { isSuspended, type SpoolState } from '../../../../src/agent/spool/state.js';
import { START_MS } from '../spool/events.js';
import type { BucketModel } from './bucket.js';
import { TcpdumpModel } from './tcpdump.js';

export interface Settings {
  policy: 'Continuous' | 'OnDemand';
  files: number | undefined;
  fileSizeBytes: number;
  spoolBytes: number;
  targets: string[];
}

/** In memory where there is such a place: each file that goes costs a sync. */
const FOLDERS = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const log = { info: () => undefined, warn: () => undefined, debug: () => undefined };

interface Listening {
  id: StartID;
  tcpdump: TcpdumpModel;
  follower: StartFollower;
}

export class AgentModel {
  readonly folder = mkdtempSync(join(FOLDERS, 'agent-model-'));
  control: Pick<Control, 'suspend' | 'snapshot' | 'stop'> = { suspend: false, snapshot: null, stop: null };
  /** Packets written by each target's tcpdumps. */
  readonly written = new Map<string, number>();
  private numbers = 0;
  private nowMs = START_MS;
  private attempt = 0;
  /** Bytes of the journal that a power cut leaves. */
  private syncedBytes = 0;
  private isDead = true;
  private listening = new Map<string, Listening>();
  private spool!: Spool;
  private deliveries!: Deliveries;
  private space!: Space;
  private snapshots!: Snapshots;
  private endings!: Endings;

  constructor(
    private readonly settings: Settings,
    private readonly bucket: BucketModel,
  ) {}

  get state(): Readonly<SpoolState> {
    return this.spool.state;
  }

  async start(): Promise<void> {
    const { settings, folder } = this;
    const clock = { now: () => this.nowMs, monotonic: () => this.nowMs };
    this.attempt += 1;
    this.spool = Spool.open(folder, 'r1', this.attempt, log);
    const sync = this.spool.sync.bind(this.spool);
    this.spool.sync = async () => {
      const { size } = statSync(join(folder, 'journal'));
      await sync();
      this.syncedBytes = size;
    };
    await takeOverLeftovers(this.spool, log);
    for (const target of settings.targets) this.spool.record({ type: 'target', target, podName: target, podUID: 'u', podIPs: [] });
    const job = { ring: { files: settings.files }, spool: { maxSizeBytes: settings.spoolBytes, reserveFraction: 0 }, upload: { policy: settings.policy } } as JobConfig;
    this.deliveries = new Deliveries(this.spool, this.bucket, '', { policy: settings.policy, compression: 'None' }, log, () => undefined);
    this.space = new Space(job, this.spool, clock, { largestFileBytes: settings.fileSizeBytes, fileBytesOf: () => settings.fileSizeBytes });
    const captures = {
      drains: () => new Map<string, never>(),
      writtenUpTo: (sinceMs: number) => sinceMs,
      cut: async () => {
        for (const { follower } of this.listening.values()) await follower.cut();
      },
      suspend: () => void (this.halting = this.halt()),
      areFinished: true,
      reset: () => undefined,
      endAll: () => undefined,
      end: () => undefined,
      hasEnded: () => false,
      ledgers: () => this.ledgers(),
    };
    this.snapshots = new Snapshots(this.spool, captures, clock, log);
    this.endings = new Endings(this.spool, captures, clock);
    this.isDead = false;
  }

  private halting: Promise<void> = Promise.resolve();

  /** Every tcpdump ends, and its last file is closed. */
  private async halt(): Promise<void> {
    for (const target of [...this.listening.keys()]) await this.endTcpdump(target);
  }

  private async endTcpdump(target: string): Promise<void> {
    const current = this.listening.get(target);
    if (!current) return;
    await current.follower.poll(true);
    this.listening.delete(target);
    this.spool.record({ type: 'exited', ...current.id, timeMs: this.nowMs });
    await this.spool.removeStartIfEmpty(current.id);
  }

  private async listen(target: string): Promise<void> {
    const { folder, ...id } = await this.spool.newStart(target, this.attempt);
    const { spool } = this;
    const follower = new StartFollower(folder, (file) => (this.isDead ? undefined : recordClosed(spool, id, file, log)));
    this.listening.set(target, { id, follower, tcpdump: new TcpdumpModel(folder, () => this.settings.fileSizeBytes) });
    spool.record({ type: 'listening', ...id, timeMs: this.nowMs });
  }

  /** A target's tcpdump writes packets, where one listens. */
  write(target: string, packets: number, bytes: number): void {
    const current = this.listening.get(target);
    for (let n = 0; current && n < packets; n += 1) {
      current.tcpdump.write(this.numbers++, bytes);
      this.written.set(target, (this.written.get(target) ?? 0) + 1);
    }
  }

  async die(target: string): Promise<void> {
    await this.endTcpdump(target);
  }

  /** One look of the agent's loop, and all that follows from it. */
  async look(): Promise<void> {
    this.nowMs += 1000;
    for (const { follower } of this.listening.values()) await follower.poll();
    this.endings.suspendOrResume(this.control as Control);
    await this.halting;
    for (const target of this.settings.targets) if (!this.spool.state.stopped && !this.listening.has(target)) await this.listen(target);
    await this.snapshots.poll(this.control.snapshot?.token);
    const { letGo } = await this.space.decide(this.openFiles(), this.deliveries);
    for (const { file, reason } of letGo) this.deliveries.letGo(file, reason);
    this.deliveries.startAll();
    await this.idle();
  }

  async settle(nth: number, unreadable = false): Promise<void> {
    if (this.bucket.waiting.length === 0) return;
    this.bucket.settle(nth, unreadable);
    await this.idle();
  }

  /** Until nothing goes on but what waits for the bucket. */
  private async idle(): Promise<void> {
    const isBusy = (): boolean => {
      const { pending, leaving } = this.spool.state;
      const waiting = new Set(this.bucket.waiting);
      return Object.keys(leaving).length > 0 || Object.values(pending).some((file) => this.deliveries.isLeaving(file) || (this.deliveries.isWanted(file) && !waiting.has(this.deliveries.keyOf(file))));
    };
    for (let turns = 0; isBusy(); turns += 1) {
      await new Promise((resolve) => (turns < 50 ? setImmediate(resolve) : setTimeout(resolve, 2)));
      this.deliveries.startAll();
    }
  }

  /** The agent and its tcpdumps are gone, by a kill or with the node; `share` of what was not synced of the journal is there after. An upload may have arrived without an answer. */
  async crash(share: number, tornTarget?: string, arrived?: number): Promise<void> {
    this.isDead = true;
    if (arrived !== undefined) this.bucket.store(arrived);
    if (tornTarget !== undefined) this.listening.get(tornTarget)?.tcpdump.tear(0, 50);
    for (const { follower } of this.listening.values()) await follower.poll(true);
    this.listening.clear();
    this.bucket.forget();
    const journal = join(this.folder, 'journal');
    await this.spool.close();
    const { size } = statSync(journal);
    truncateSync(journal, Math.min(size, Math.floor(this.syncedBytes + share * (size - this.syncedBytes))));
    await this.start();
  }

  /** Ends the run: all is delivered. */
  async stop(): Promise<void> {
    await this.look();
    this.spool.record({ type: 'stopped', reason: 'Requested', timeMs: this.nowMs, final: true });
    await this.halt();
    this.deliveries.startAll();
    await this.idle();
    while (this.bucket.waiting.length > 0) await this.settle(0);
    this.snapshots.recordSettled();
  }

  async remove(): Promise<void> {
    this.isDead = true;
    for (const { follower } of this.listening.values()) await follower.poll(true);
    rmSync(this.folder, { recursive: true });
  }

  openFiles(): Map<string, OpenFile & { sizeBytes: number }> {
    const none = { packets: 0, bytes: 0, lastUs: undefined, sizeBytes: 0 };
    return new Map([...this.listening].map(([target, { follower }]) => [target, follower.open ?? none]));
  }

  ledgers(): Ledgers {
    return ledgersOf(this.spool.state, this.openFiles());
  }

  get isHalted(): boolean {
    return isSuspended(this.spool.state);
  }

  isWanted(file: SpoolFile): boolean {
    return this.deliveries.isWanted(file);
  }

  /** Savefiles on the disk, by path. */
  get savefiles(): string[] {
    return readdirSync(this.folder, { recursive: true, encoding: 'utf8' }).filter((path) => /capture\.\d*$/.test(path));
  }

  /** What the spool takes of the disk. */
  get diskBytes(): number {
    return [...this.savefiles, 'journal'].reduce((sum, path) => sum + onDisk(statSync(join(this.folder, path)).size), 0);
  }
}

