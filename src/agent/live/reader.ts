// Reads the savefiles of a target as one stream of packets while tcpdump writes them: whole records, in order, each once.
import { lstat, type FileHandle } from 'node:fs/promises';
import { FILE_HEADER_BYTES, savefileFormat, SavefileScanner } from '../../pcap/scanner.js';
import { openRegular } from '../../storage/regular-file.js';
import { LIVE_END } from '../../protocol/live.js';
import { comparePlaces, pathOfPlace, Places, type Place } from './places.js';

/** A file that grew larger than this before it was counted for the first time is of a tcpdump that is gone. */
const MOST_SKIPPED_BYTES = 16 * 2 ** 20;

interface Current {
  place: Place;
  scanner: SavefileScanner;
  /** tcpdump is done with it: the next one was there before it was read last. */
  isComplete: boolean;
  /** The last look at it found nothing more. */
  isDry: boolean;
}

/** Where a capture stands: its open file, and the end of the last packet that was counted in it. */
export type Tail = Place & { end: number };

export interface ReaderOptions {
  /** Of the target; readers share them. */
  places: Places;
  /** Holds a whole record at least; nobody else uses it meanwhile. */
  buffer: Buffer;
  openFile?: (path: string) => Promise<FileHandle>;
}

export class PacketReader {
  packets = 0;
  /** Why nothing more can be read; undefined while something can. */
  ended: typeof LIVE_END.tooSlow | typeof LIVE_END.linkTypeChanged | undefined;
  private current: Current | undefined;
  /** All up to here is read, or not asked for. */
  private done: Place | undefined;
  private upcoming: Place[] = [];
  private header: Buffer | undefined;

  constructor(private readonly options: ReaderOptions) {}

  /** Begins behind what is there now; resolves with the header of the stream where it is known. */
  async skip(tail: Tail | undefined): Promise<Buffer | undefined> {
    const newest = await this.options.places.newest();
    if (!newest) return undefined;
    const place = tail && comparePlaces(tail, newest) >= 0 ? tail : newest;
    this.current = { place, scanner: new SavefileScanner(), isComplete: false, isDry: false };
    await this.open(this.current, async (file, size) => {
      const head = Buffer.alloc(FILE_HEADER_BYTES);
      const { bytesRead } = await file.read(head, 0, head.length, 0);
      if (bytesRead < head.length || !savefileFormat(head)) return undefined;
      this.header = head;
      const current = this.current as Current;
      if (tail && place === tail && tail.end > 0) current.scanner = await SavefileScanner.behind(file, tail.end);
      else if (size <= MOST_SKIPPED_BYTES) await current.scanner.scan(file, size, this.options.buffer);
      else [this.done, this.current] = [place, undefined];
      return undefined;
    });
    return this.header;
  }

  /** The next whole records, and the stream's header before the first; undefined where there are none now. `upTo`: of savefiles up to this one. */
  async read(upTo?: Place): Promise<Buffer | undefined> {
    while (!this.ended) {
      const { current } = this;
      if (current && upTo && comparePlaces(current.place, upTo) > 0) return undefined;
      const bytes = current && (await this.readOn(current));
      if (current) current.isDry = !bytes;
      if (bytes || this.ended) return bytes;
      const next = await this.next();
      if (!next || (upTo && comparePlaces(next, upTo) > 0)) return undefined;
      if (current && !current.isComplete) {
        // What was written to it before the next one was made is there now.
        current.isComplete = true;
        continue;
      }
      this.upcoming.shift();
      this.done = current?.place ?? this.done;
      this.current = { place: next, scanner: new SavefileScanner(), isComplete: false, isDry: false };
    }
    return undefined;
  }

  /** A savefile goes off the disk: what is not read of it by now never will be. */
  removed(place: Place): void {
    const at = this.current?.place ?? this.done;
    if (at && comparePlaces(at, place) > 0) return;
    this.done = place;
    this.current = undefined;
    this.upcoming = this.upcoming.filter((other) => comparePlaces(other, place) > 0);
  }

  /** True where nothing more is wanted of a savefile to which nobody writes, as far as was looked. */
  hasRead(place: Place): boolean {
    const { current } = this;
    return this.ended !== undefined || this.isPast(place) || (current !== undefined && current.isDry && comparePlaces(current.place, place) === 0);
  }

  /** True where a savefile that goes is behind what is read. */
  isPast(place: Place): boolean {
    const at = this.current?.place;
    return at ? comparePlaces(at, place) > 0 : this.done !== undefined && comparePlaces(this.done, place) >= 0;
  }

  lose(): void {
    this.ended = LIVE_END.tooSlow;
  }

  private async next(): Promise<Place | undefined> {
    if (this.upcoming.length === 0) this.upcoming = await this.options.places.after(this.current?.place ?? this.done);
    return this.upcoming[0];
  }

  private async readOn(current: Current): Promise<Buffer | undefined> {
    if (current.scanner.damaged) return undefined;
    return this.open(current, (file, size) => this.take(current, file, size));
  }

  private async take({ scanner }: Current, file: FileHandle, size: number): Promise<Buffer | undefined> {
    const { buffer } = this.options;
    const from = scanner.end;
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, size - from), from);
    const before = scanner.packets;
    // Only what is in the buffer: a record that is not whole there is read with the next ones.
    scanner.take(buffer, bytesRead, from + bytesRead);
    if (scanner.end === from) return undefined;
    const skipped = from === 0 ? this.takeHeader(buffer.subarray(0, FILE_HEADER_BYTES)) : 0;
    if (skipped === undefined) return undefined;
    this.packets += scanner.packets - before;
    return scanner.end - from > skipped ? Buffer.from(buffer.subarray(skipped, scanner.end - from)) : undefined;
  }

  /** How much of a savefile's header the stream does not need, which has one already; undefined where the two do not go together. */
  private takeHeader(header: Buffer): number | undefined {
    if (!this.header) {
      this.header = Buffer.from(header);
      return 0;
    }
    if (isAlike(this.header, header)) return FILE_HEADER_BYTES;
    this.ended = LIVE_END.linkTypeChanged;
    return undefined;
  }

  /** Never kept open: the blocks of a file that is removed are free at once. */
  private async open<T>(current: Current, use: (file: FileHandle, size: number) => Promise<T | undefined>): Promise<T | undefined> {
    const path = pathOfPlace(this.options.places.folder, current.place);
    try {
      if ((await lstat(path)).size <= current.scanner.end) return undefined;
      const file = await (this.options.openFile ?? openRegular)(path);
      try {
        return await use(file, (await file.stat()).size);
      } finally {
        await file.close();
      }
    } catch (error) {
      // One that held no packet is removed without a word.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || current.scanner.end > FILE_HEADER_BYTES) this.lose();
      else current.isComplete = true;
      return undefined;
    }
  }
}

/** Byte order, version, unit of time and link type: what all records of one pcap stream have in common. */
const isAlike = (a: Buffer, b: Buffer): boolean => a.subarray(0, 8).equals(b.subarray(0, 8)) && a.subarray(20).equals(b.subarray(20));
