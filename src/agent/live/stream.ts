// One client's stream of one target: as fast as the client takes it, and ended where its files go before it does.
import type { ServerResponse } from 'node:http';
import { once } from 'node:events';
import { LIVE_END, LIVE_TRAILER, type LiveEnd, type LiveFrom } from '../../protocol/live.js';
import { pause } from '../clock.js';
import { Places, type Place } from './places.js';
import { PacketReader, type Tail } from './reader.js';
import type { Turns } from './turns.js';

/** Between two looks for new packets. */
const LOOK_MS = 25;
/** What is read ahead for a client when a file goes that it has not taken yet. */
export const READ_AHEAD_BYTES = 2 * 2 ** 20;
/** A client that takes nothing more once all is said is not waited for any longer. */
const LAST_WORDS_MS = 5000;

export interface StreamedTarget {
  name: string;
  /** Where its savefiles are. */
  folder: string;
  /** The open file; undefined where there is none, or it was not looked at yet. */
  tail: () => Tail | undefined;
  /** Nothing is written there any more. */
  isOver: () => boolean;
}

export class PacketStream {
  private readonly reader: PacketReader;
  private readonly halt = new AbortController();
  private why: LiveEnd = LIVE_END.sessionEnded;
  /** Packets of what was given to the client's socket. */
  private packets = 0;

  constructor(
    readonly target: StreamedTarget,
    private readonly response: ServerResponse,
    private readonly turns: Turns,
    readonly places = new Places(target.folder),
  ) {
    this.reader = new PacketReader({ places, buffer: turns.buffer });
    response.on('close', () => this.halt.abort());
  }

  /** Resolves when it has ended. */
  async run(from: LiveFrom): Promise<void> {
    const { response, turns, reader } = this;
    const header = from === 'now' ? await turns.take(() => reader.skip(this.target.tail())) : undefined;
    response.writeHead(200, { 'Content-Type': 'application/vnd.tcpdump.pcap', 'Cache-Control': 'no-store', Trailer: Object.values(LIVE_TRAILER).join(', ') });
    response.flushHeaders();
    if (header) response.write(header);
    this.why = (await this.pump()) ?? this.why;
    await this.sayLastWords();
  }

  /** The session is over. */
  end(): void {
    this.halt.abort();
  }

  /** A savefile is about to be removed: what the client has not taken of it is read now, or never. */
  async beforeRemoval(place: Place): Promise<void> {
    await this.turns.take(async () => {
      const { reader, response } = this;
      while (!reader.ended && !reader.isPast(place) && !this.halt.signal.aborted) {
        const bytes = await reader.read(place);
        if (!bytes) break;
        if (response.writableLength + bytes.length > READ_AHEAD_BYTES) reader.lose();
        else this.write(bytes);
      }
      reader.removed(place);
    });
  }

  hasRead(place: Place): boolean {
    return this.halt.signal.aborted || this.reader.hasRead(place);
  }

  /** It was not read in time, and goes. */
  lose(): void {
    this.reader.lose();
  }

  private write(bytes: Buffer): void {
    this.response.write(bytes);
    this.packets = this.reader.packets;
  }

  private async pump(): Promise<LiveEnd | undefined> {
    const { reader, response, turns, target, halt } = this;
    while (!halt.signal.aborted) {
      // Asked before it is read: what was written last is then there.
      const isOver = target.isOver();
      const bytes = await turns.take(async () => {
        const read = await reader.read();
        // In the same turn: what is read ahead at a removal comes after it.
        if (read && !halt.signal.aborted) this.write(read);
        return read;
      });
      if (reader.ended) return reader.ended;
      if (!bytes && isOver) return LIVE_END.targetEnded;
      if (!bytes) await pause(LOOK_MS, halt.signal);
      else if (response.writableNeedDrain) await once(response, 'drain', { signal: halt.signal }).catch(() => undefined);
    }
    return undefined;
  }

  private async sayLastWords(): Promise<void> {
    const { response } = this;
    if (response.destroyed) return;
    response.addTrailers({ [LIVE_TRAILER.end]: this.why, [LIVE_TRAILER.packets]: String(this.packets) });
    const timer = setTimeout(() => response.destroy(), LAST_WORDS_MS);
    response.end();
    if (!response.writableFinished) await once(response, 'close').catch(() => undefined);
    clearTimeout(timer);
  }
}
