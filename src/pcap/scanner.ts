// Counts the whole packets of a savefile as it grows, by its record headers, trusting no length in it (pcap-savefile(5)).
import type { FileHandle } from 'node:fs/promises';

export const FILE_HEADER_BYTES = 24;
export const RECORD_HEADER_BYTES = 16;
/** libpcap's MAXIMUM_SNAPLEN: a record that claims more is damaged. */
export const MAX_CAPTURED_BYTES = 262_144;
const CHUNK_BYTES = 512 * 1024;

interface Format {
  littleEndian: boolean;
  /** Microseconds in one unit of a record's sub-second field. */
  unitUs: number;
}

/** The byte order and time unit of a savefile, or undefined where the bytes begin none. */
export function savefileFormat(header: Buffer): Format | undefined {
  if (header.length < FILE_HEADER_BYTES) return undefined;
  for (const littleEndian of [true, false]) {
    const magic = littleEndian ? header.readUInt32LE(0) : header.readUInt32BE(0);
    if (magic === 0xa1b2c3d4) return { littleEndian, unitUs: 1 };
    if (magic === 0xa1b23c4d) return { littleEndian, unitUs: 0.001 };
  }
  return undefined;
}

/** One savefile's scan. Reads through a buffer of its caller's, so that many files share one. */
export class SavefileScanner {
  packets = 0;
  /** Microseconds since the epoch of the earliest and the latest packet. */
  firstUs: number | undefined;
  lastUs: number | undefined;
  /** What follows `end` is no record and never becomes one. */
  damaged = false;

  constructor(
    private format?: Format,
    /** Position after the last whole record: what stands before it can be read by anyone. 0 until the file's header is whole. */
    public end = 0,
  ) {}

  /** Of what stands at and behind `from`, where a record begins. */
  static async behind(file: FileHandle, from: number): Promise<SavefileScanner> {
    const header = Buffer.alloc(FILE_HEADER_BYTES);
    const { bytesRead } = await file.read(header, 0, header.length, 0);
    const scanner = new SavefileScanner(savefileFormat(header.subarray(0, bytesRead)), from);
    scanner.damaged = scanner.format === undefined;
    return scanner;
  }

  /** A scanner of what follows. */
  rest(): SavefileScanner {
    const rest = new SavefileScanner(this.format, this.end);
    rest.damaged = this.damaged;
    return rest;
  }

  /** Goes on to the end of the last whole record within the first `size` bytes. */
  async scan(file: FileHandle, size: number, buffer: Buffer): Promise<void> {
    while (!this.damaged) {
      const wanted = Math.min(buffer.length, size - this.end);
      if (wanted < (this.end === 0 ? FILE_HEADER_BYTES : RECORD_HEADER_BYTES)) return;
      const { bytesRead } = await file.read(buffer, 0, wanted, this.end);
      const before = this.end;
      this.take(buffer, bytesRead, size);
      if (this.end === before) return;
    }
  }

  /** Takes the bytes that stand at `end`; `size` is the file's, so that a record whose data lies past the buffer is passed over unread. */
  take(buffer: Buffer, length: number, size: number): void {
    let at = 0;
    if (!this.format) {
      if (length < FILE_HEADER_BYTES) return;
      this.format = savefileFormat(buffer);
      if (!this.format) {
        this.damaged = true;
        return;
      }
      at = FILE_HEADER_BYTES;
    }
    const { littleEndian, unitUs } = this.format;
    const start = this.end;
    const subSecondLimit = 1e6 / unitUs;
    while (at + RECORD_HEADER_BYTES <= length) {
      const seconds = littleEndian ? buffer.readUInt32LE(at) : buffer.readUInt32BE(at);
      const subSecond = littleEndian ? buffer.readUInt32LE(at + 4) : buffer.readUInt32BE(at + 4);
      const captured = littleEndian ? buffer.readUInt32LE(at + 8) : buffer.readUInt32BE(at + 8);
      if (captured > MAX_CAPTURED_BYTES || subSecond >= subSecondLimit) {
        this.damaged = true;
        break;
      }
      const next = at + RECORD_HEADER_BYTES + captured;
      if (start + next > size) break;
      const us = seconds * 1e6 + Math.floor(subSecond * unitUs);
      if (this.firstUs === undefined || us < this.firstUs) this.firstUs = us;
      if (this.lastUs === undefined || us > this.lastUs) this.lastUs = us;
      this.packets += 1;
      at = next;
    }
    this.end = start + at;
  }
}

export const newScanBuffer = (): Buffer => Buffer.allocUnsafe(CHUNK_BYTES);
