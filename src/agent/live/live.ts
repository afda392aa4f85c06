// Live sessions of this agent, brought in line with control: one at most, and none that nobody uses.
import { isTokenHash, LIVE_IDLE_MS } from '../../protocol/live.js';
import { pause } from '../clock.js';
import { LiveSession, type SessionTargets } from './session.js';
import type { Place } from './places.js';

const TRY_AGAIN_MS = 1000;
/** A file that is in the bucket stays for its readers so long at most. */
const DELIVERED_STAYS_MS = 5000;
const LOOK_MS = 25;
/** Streams whose targets are over end by themselves; at the agent's end they are waited for so long. */
const LAST_STREAMS_MS = 2000;
/** Hashes that are remembered as used up. */
const MOST_SPENT = 1000;

export interface LiveDependencies {
  port: number;
  targets: SessionTargets;
  monotonic: () => number;
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
  idleMs?: number;
}

export class Live {
  private session: LiveSession | undefined;
  private opening: Promise<void> = Promise.resolve();
  private failedMs = -Infinity;
  /** Sessions that nobody used: their hashes open no other. */
  private readonly spent = new Set<string>();

  constructor(private readonly deps: LiveDependencies) {}

  /** Opens, keeps or ends: `wanted` is what control asks for. */
  converge(wanted: { tokenSHA256: string } | null): void {
    const hash = wanted?.tokenSHA256;
    if (this.session && this.session.tokenSHA256 !== hash) this.end('it is not asked for any more');
    if (this.session && !this.session.isUsed && this.deps.monotonic() - this.session.usedMs >= this.idleMs) {
      if (this.spent.size < MOST_SPENT) this.spent.add(this.session.tokenSHA256);
      this.end(`nobody used it for ${Math.round(this.idleMs / 1000)} s`);
    }
    if (hash === undefined || this.session || !isTokenHash(hash) || this.spent.has(hash) || this.spent.size >= MOST_SPENT) return;
    if (this.deps.monotonic() - this.failedMs >= TRY_AGAIN_MS) this.open(hash);
  }

  /** Resolves when nobody reads a delivered savefile any more, or it is to go all the same. */
  async untilRead(target: string, place: Place, mayStay: () => boolean, signal: AbortSignal): Promise<void> {
    const sinceMs = this.deps.monotonic();
    while (!signal.aborted && this.deps.monotonic() - sinceMs < DELIVERED_STAYS_MS && mayStay() && this.session?.isReading(target, place)) await pause(LOOK_MS, signal);
  }

  beforeRemoval(target: string, place: Place): Promise<void> {
    return this.session?.beforeRemoval(target, place) ?? Promise.resolve();
  }

  /** The agent ends: what is over is still said. */
  async close(): Promise<void> {
    await this.session?.untilUnused(LAST_STREAMS_MS);
    this.end('the agent ends');
    await this.opening;
  }

  private get idleMs(): number {
    return this.deps.idleMs ?? LIVE_IDLE_MS;
  }

  private open(hash: string): void {
    const { deps } = this;
    const session = new LiveSession(hash, deps.targets, deps.monotonic);
    this.session = session;
    // After the last one's end: both use one port.
    this.opening = this.opening
      .then(() => session.open(deps.port))
      .then((port) => deps.log.info({ port }, 'a live session is open'))
      .catch((error: unknown) => {
        deps.log.warn({ error: String(error) }, 'no live session could be opened; trying again');
        this.failedMs = deps.monotonic();
        if (this.session === session) this.session = undefined;
      });
  }

  private end(why: string): void {
    const { session } = this;
    if (!session) return;
    this.session = undefined;
    this.deps.log.info({ why }, 'the live session ends');
    this.opening = this.opening.then(() => session.end());
  }
}
