// What a tcpdump said: read from the file that is its stderr, cut short when it grows over days.
import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '../clock.js';
import { grownBy, isClosingLine, parseCounters, type Counters } from './counters.js';

const KEPT_CHARACTERS = 4096;
const CUT_BYTES = 256 * 1024;
const CHUNK_BYTES = 4 * 1024;
/** More is no lag, but a wall clock that was set. */
const LONGEST_LAG_MS = 10_000;

export class StderrReader {
  listeningMs: number | undefined;
  /** Accumulated: wraps of tcpdump's 32 bits are undone. */
  counters: Counters | undefined;
  countedMs: number | undefined;
  /** Questions that were answered. */
  answers = 0;
  /** Two counts apart by more than the kernel's block timeout were the same: nothing waits, nothing is missing up to here. */
  quietMs: number | undefined;
  closing: Partial<Counters> | undefined;
  newestText = '';
  private countedMonotonicMs = Infinity;
  private position = 0;
  private partial = '';
  private raw: Partial<Counters> = {};
  private readonly chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  private busy: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly file: FileHandle,
    private readonly clock: Clock,
  ) {}

  read(): Promise<void> {
    this.busy = this.busy.then(() => this.readNew());
    return this.busy;
  }

  /** It listens, as it said, or as its packets prove where the disk was too full for its words. */
  listens(): void {
    this.listeningMs ??= this.clock.now();
    this.counters ??= { captured: 0, received: 0, droppedByKernel: 0, droppedByInterface: 0 };
  }

  async finish(): Promise<void> {
    await this.read().catch(() => undefined);
    this.closed = true;
    await this.file.close();
  }

  private async readNew(): Promise<void> {
    if (this.closed) return;
    const { chunk } = this;
    let lagMs: number | undefined;
    for (;;) {
      const { bytesRead } = await this.file.read(chunk, 0, chunk.length, this.position);
      this.position += bytesRead;
      if (bytesRead > 0) this.take(chunk.toString('latin1', 0, bytesRead), (lagMs ??= await this.lagMs()));
      if (bytesRead < chunk.length) break;
    }
    // tcpdump appends (O_APPEND), so a cut file goes on from its new end.
    if (this.position > CUT_BYTES && this.partial === '') {
      await this.file.truncate(0);
      this.position = 0;
    }
  }

  /** How long ago the newest of it was written: while nothing comes, that may be more than a second, in which a packet may have come that is in no count. */
  private async lagMs(): Promise<number> {
    const lagMs = this.clock.now() - (await this.file.stat()).mtimeMs;
    return lagMs > LONGEST_LAG_MS ? 0 : Math.max(0, lagMs);
  }

  private take(text: string, lagMs: number): void {
    this.newestText = (this.newestText + text).slice(-KEPT_CHARACTERS);
    const lines = (this.partial + text).split('\n');
    this.partial = lines.pop() ?? '';
    for (const line of lines) this.takeLine(line, lagMs);
  }

  private takeLine(line: string, lagMs: number): void {
    const now = Math.floor(this.clock.now() - lagMs);
    const monotonicMs = this.clock.monotonic() - lagMs;
    if (line.includes('listening on ')) return this.listens();
    const counted = parseCounters(line);
    if (!counted || !this.counters) return;
    const same = counted.received === this.raw.received && counted.captured === this.raw.captured;
    for (const name of Object.keys(counted) as (keyof Counters)[]) {
      this.counters[name] += grownBy(this.raw[name] ?? 0, counted[name] ?? 0);
      this.raw[name] = counted[name] ?? 0;
    }
    const sinceMs = monotonicMs - this.countedMonotonicMs;
    if (isClosingLine(line)) this.closing = { ...this.closing, ...counted };
    else {
      this.answers += 1;
      if (same && sinceMs >= BLOCK_TIMEOUT_MS) this.quietMs = now - BLOCK_TIMEOUT_MS;
    }
    this.countedMs = now;
    this.countedMonotonicMs = monotonicMs;
  }
}

/** tcpdump asks libpcap for a read timeout of 1 s: so long a packet may wait in the kernel's block before tcpdump sees it. */
const BLOCK_TIMEOUT_MS = 1000;
