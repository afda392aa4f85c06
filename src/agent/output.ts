// What the agent says on its streams: never waited for, and bounded in memory, since whoever reads them may be stuck for hours.
import type { Writable } from 'node:stream';
import { pause } from './clock.js';

/** Of a stream that nobody reads so much waits; what comes then is dropped. */
const WAITING_BYTES = 256 * 1024;
const FLUSH_LOOK_MS = 20;

/** Log lines: those that find no room are dropped and counted. */
export class LogStream {
  private dropped = 0;

  constructor(private readonly stream: Writable) {
    stream.on('error', () => undefined);
  }

  write(line: string): void {
    if (this.stream.writableLength > WAITING_BYTES) {
      this.dropped += 1;
      return;
    }
    if (this.dropped > 0) this.stream.write(`${JSON.stringify({ level: 40, dropped: this.dropped, msg: 'log lines were dropped: nobody read them' })}\n`);
    this.dropped = 0;
    this.stream.write(line);
  }

  flush(withinMs: number): Promise<void> {
    return flushed(() => this.stream.writableLength, withinMs);
  }
}

/** Reports: each says all there is to say, so of those that nobody reads yet only the newest is kept. */
export class ReportStream {
  private waiting: string | undefined;

  constructor(private readonly stream: Writable) {
    stream.on('error', () => undefined);
    stream.on('drain', () => this.writeWaiting());
  }

  write(line: string): void {
    this.waiting = line;
    if (!this.stream.writableNeedDrain) this.writeWaiting();
  }

  private writeWaiting(): void {
    const line = this.waiting;
    this.waiting = undefined;
    if (line !== undefined) this.stream.write(line);
  }

  flush(withinMs: number): Promise<void> {
    return flushed(() => this.stream.writableLength + (this.waiting === undefined ? 0 : 1), withinMs);
  }
}

async function flushed(waitingBytes: () => number, withinMs: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < withinMs && waitingBytes() > 0; waitedMs += FLUSH_LOOK_MS) await pause(FLUSH_LOOK_MS);
}
