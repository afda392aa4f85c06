// Snapshots: what had arrived when one was asked for is brought into files, and all files are wanted, while recording goes on.
import type { Captures } from './captures.js';
import type { Clock } from './clock.js';
import { pendingPackets } from './spool/snapshot.js';
import type { Spool } from './spool/spool.js';
import type { Drain } from './target/drain.js';

interface Asked {
  token: string;
  atMs: number;
  drains: Map<string, Drain>;
}

export interface SnapshotsLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export class Snapshots {
  private asked: Asked | undefined;

  constructor(
    private readonly spool: Spool,
    private readonly captures: Pick<Captures, 'drains' | 'writtenUpTo' | 'cut'>,
    private readonly clock: Clock,
    private readonly log: SnapshotsLog,
  ) {}

  /** One was asked for and is not taken yet. */
  get isWaiting(): boolean {
    return this.asked !== undefined;
  }

  /** One look. A token that was acted on asks for nothing more; one that is replaced while it waits is never acted on. */
  async poll(token: string | undefined): Promise<void> {
    if (token === undefined || this.spool.state.snapshots.some((snapshot) => snapshot.token === token)) this.asked = undefined;
    else {
      const atMs = this.clock.now();
      if (this.asked?.token !== token) this.asked = { token, atMs, drains: this.captures.drains(atMs) };
      await this.takeWhenWritten(this.asked);
    }
    this.recordSettled();
  }

  private async takeWhenWritten({ token, atMs, drains }: Asked): Promise<void> {
    const writtenMs = this.captures.writtenUpTo(atMs, drains);
    if (writtenMs === undefined) return;
    try {
      await this.captures.cut();
      // No part of a savefile is delivered before its cut is on the disk itself: after a power cut the rest would go under the same key.
      await this.spool.sync();
    } catch (error) {
      this.log.warn({ token, error: String(error) }, 'open files could not be cut for a snapshot; trying again');
      return;
    }
    this.spool.record({ type: 'snapshot', token, timeMs: writtenMs });
    this.log.info({ token }, 'snapshot taken');
  }

  /** Says of each snapshot whose last packet was settled when that was seen. */
  recordSettled(): void {
    for (const snapshot of this.spool.state.snapshots) {
      if (snapshot.completionMs === undefined && pendingPackets(snapshot) === 0) this.spool.record({ type: 'snapshotSettled', token: snapshot.token, timeMs: this.clock.now() });
    }
  }
}
