// Leader election by a Lease, as client-go does it: of several processes one leads, and each judges by its own clock alone.
import { type Clock, pause, type Random, systemClock } from './clock.js';
import { isAlreadyExists, isConflict } from './errors.js';
import type { Kube } from './kube.js';
import { heldSpec, holderOf, type Lease, releasedSpec } from './lease.js';
import { type Log, silent } from './log.js';
import { LEASES } from './resources.js';

export interface ElectionTiming {
  /** Others wait for so long after the last change that they saw of the lease before they take it. Whole seconds. */
  leaseDurationMs: number;
  /** A leader that could not renew for so long leads no more. */
  renewDeadlineMs: number;
  /** Between two renewals, and at most between two looks of those who wait. */
  retryPeriodMs: number;
}

export interface ElectorOptions {
  /** Not one whose writes are refused while this process does not lead. */
  kube: Pick<Kube, 'get' | 'create' | 'replace'>;
  namespace: string;
  /** Of the Lease. */
  name: string;
  /** Of this process, and of no other ever. */
  identity: string;
  timing: ElectionTiming;
  clock?: Clock;
  random?: Random;
  log?: Log;
}

/** One call must not use up the time of all renewals: a connection may be dead where the next is not. */
const TRIES_PER_DEADLINE = 3;
const RELEASE_TIMEOUT_MS = 1000;

export class Elector {
  /** Resolves, with the reason, when this process led and does so no more. Never after a release. */
  readonly lost: Promise<string>;

  readonly #options: ElectorOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Log;
  readonly #ending = new AbortController();
  #state: 'waiting' | 'leading' | 'lost' | 'released' = 'waiting';
  #markLost!: (reason: string) => void;
  /** As the API server last showed it. */
  #lease: Lease | undefined;
  /** What another's lease said when it was last seen to change, and when that was, by the monotonic clock. */
  #seen = { spec: '', at: 0 };
  /** By the monotonic clock. */
  #leadsUntil = -Infinity;
  #cancelDeadline: (() => void) | undefined;
  #keeping: Promise<void> = Promise.resolve();

  constructor(options: ElectorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#log = options.log ?? silent;
    this.lost = new Promise((resolve) => (this.#markLost = resolve));
  }

  /** Resolves to true once this process leads; the lease is then renewed until it is lost or released. To false where the signal came first. */
  async campaign(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (await this.#tryToAcquire(signal)) {
        this.#log.info({ lease: this.#options.name, identity: this.#options.identity }, 'leads');
        this.#keeping = this.#keep();
        return true;
      }
      await pause(this.#clock, this.#nextLookMs(), signal);
    }
    return false;
  }

  /** Whether this process may act now. Once false after a campaign was won, it stays false: also for a process that slept over its deadline. */
  leads(): boolean {
    if (this.#state !== 'leading') return false;
    if (this.#clock.monotonic() < this.#leadsUntil) return true;
    this.#lose(`the lease could not be renewed for ${this.#options.timing.renewDeadlineMs} ms`);
    return false;
  }

  /** Its time to lead is over for so long, and it was not released: a process that is still there by then hangs. */
  overdueMs(): number {
    return this.#state === 'leading' || this.#state === 'lost' ? Math.max(0, this.#clock.monotonic() - this.#leadsUntil) : 0;
  }

  /** Lets others lead at once. Whatever this process did as the leader has to be over. Never throws: who cannot be told waits. */
  async release(): Promise<void> {
    if (!this.leads()) return;
    this.#end('released');
    await this.#keeping;
    const { namespace, name, identity } = this.#options;
    for (let tries = 1; tries <= 2; tries += 1) {
      try {
        const lease = tries === 1 ? this.#lease : await this.#options.kube.get<Lease>(LEASES, namespace, name, { timeoutMs: RELEASE_TIMEOUT_MS });
        if (!lease || holderOf(lease) !== identity) return;
        await this.#options.kube.replace(LEASES, { ...lease, spec: releasedSpec(lease.spec, this.#clock.now()) }, { timeoutMs: RELEASE_TIMEOUT_MS });
        this.#log.info({ lease: name }, 'released the lease');
        return;
      } catch (error) {
        if (!isConflict(error)) return this.#log.warn({ err: error, lease: name }, 'the lease could not be released');
      }
    }
  }

  /** One look, and one write where the lease is nobody's or its holder let it expire. */
  async #tryToAcquire(signal: AbortSignal): Promise<boolean> {
    const { namespace, name, identity } = this.#options;
    try {
      const lease = await this.#options.kube.get<Lease>(LEASES, namespace, name, { timeoutMs: this.#timeoutMs, signal });
      this.#note(lease);
      const isHeld = lease !== undefined && holderOf(lease) !== '' && holderOf(lease) !== identity;
      if (isHeld && this.#clock.monotonic() < this.#expiresAt()) return false;
      const leadsUntil = this.#clock.monotonic() + this.#options.timing.renewDeadlineMs;
      await this.#writeHeld();
      // Slept meanwhile: who leads by now is seen at the next look.
      if (this.#clock.monotonic() >= leadsUntil) return false;
      this.#state = 'leading';
      this.#extend(leadsUntil);
      return true;
    } catch (error) {
      const wasFaster = isConflict(error) || isAlreadyExists(error) || signal.aborted;
      this.#log[wasFaster ? 'debug' : 'warn']({ err: error, lease: name }, 'the lease could not be acquired');
      return false;
    }
  }

  async #keep(): Promise<void> {
    while (this.leads()) {
      await pause(this.#clock, this.#options.timing.retryPeriodMs, this.#ending.signal);
      while (this.leads() && (await this.#renew()) === 'at once') continue;
    }
  }

  /** The deadline counts from before the renewal was sent: the API server cannot have taken it earlier. */
  async #renew(): Promise<'in time' | 'at once'> {
    const leadsUntil = this.#clock.monotonic() + this.#options.timing.renewDeadlineMs;
    try {
      await this.#writeHeld();
      if (this.leads()) this.#extend(leadsUntil);
    } catch (error) {
      if (isConflict(error) || isAlreadyExists(error)) return this.#lookAgain();
      this.#log.warn({ err: error, leadsForMs: Math.round(this.#leadsUntil - this.#clock.monotonic()) }, 'the lease could not be renewed');
    }
    return 'in time';
  }

  /** Somebody wrote the lease: another leader, or an earlier renewal of ours whose answer was lost, or a person who annotated it. */
  async #lookAgain(): Promise<'in time' | 'at once'> {
    const { kube, namespace, name, identity } = this.#options;
    try {
      const lease = await kube.get<Lease>(LEASES, namespace, name, { timeoutMs: this.#timeoutMs, signal: this.#ending.signal });
      if (lease && holderOf(lease) !== identity) this.#lose(`the lease was taken by "${holderOf(lease)}"`);
      this.#lease = lease;
      return 'at once';
    } catch (error) {
      this.#log.warn({ err: error }, 'the lease could not be read');
      return 'in time';
    }
  }

  /** The resourceVersion is the precondition: of several writers one wins. */
  async #writeHeld(): Promise<void> {
    const { kube, namespace, name, identity, timing } = this.#options;
    const spec = heldSpec(this.#lease?.spec, identity, Math.ceil(timing.leaseDurationMs / 1000), this.#clock.now());
    const options = { timeoutMs: this.#timeoutMs };
    if (this.#lease) this.#lease = await kube.replace<Lease>(LEASES, { ...this.#lease, spec }, options);
    else this.#lease = await kube.create<Lease>(LEASES, namespace, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name }, spec }, options);
  }

  /** Times in the lease are another machine's: only that it changed is looked at. */
  #note(lease: Lease | undefined): void {
    const spec = JSON.stringify(lease?.spec);
    if (lease && (this.#lease === undefined || holderOf(lease) !== holderOf(this.#lease))) this.#log.info({ lease: lease.metadata.name, holder: holderOf(lease) }, 'stands by');
    if (spec !== this.#seen.spec) this.#seen = { spec, at: this.#clock.monotonic() };
    this.#lease = lease;
  }

  /** By the monotonic clock. Its holder's own duration counts: it may be of another version than this process. */
  #expiresAt(): number {
    const { leaseDurationSeconds } = this.#lease?.spec ?? {};
    return this.#seen.at + (leaseDurationSeconds === undefined ? this.#options.timing.leaseDurationMs : leaseDurationSeconds * 1000);
  }

  /** With jitter, so that of many that wait not all come at once; and as soon as the lease expires. */
  #nextLookMs(): number {
    const lookMs = this.#options.timing.retryPeriodMs * (0.5 + this.#random() / 2);
    const leftMs = this.#expiresAt() - this.#clock.monotonic();
    return leftMs > 0 ? Math.min(lookMs, leftMs) : lookMs;
  }

  get #timeoutMs(): number {
    return this.#options.timing.renewDeadlineMs / TRIES_PER_DEADLINE;
  }

  #extend(leadsUntil: number): void {
    this.#leadsUntil = leadsUntil;
    this.#armDeadline();
  }

  /** A timer may come a little early. */
  #armDeadline(): void {
    this.#cancelDeadline?.();
    this.#cancelDeadline = this.#clock.schedule(Math.max(1, this.#leadsUntil - this.#clock.monotonic()), () => {
      if (this.leads()) this.#armDeadline();
    });
  }

  #lose(reason: string): void {
    this.#end('lost');
    this.#markLost(reason);
  }

  #end(state: 'lost' | 'released'): void {
    this.#state = state;
    this.#cancelDeadline?.();
    this.#ending.abort();
  }
}
