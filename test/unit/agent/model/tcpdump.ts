// A tcpdump for property tests: writes numbered packets to savefiles as -U and -C have it, and may die in the middle of a record.
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { savefile } from '../../pcap/savefile.js';
import { START_MS } from '../spool/events.js';

export const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;

/** A record whose data begins with its number. */
function record(number: number, bytes: number): Buffer {
  const whole = savefile([{ us: START_MS * 1000 + number, bytes }]).subarray(FILE_HEADER_BYTES);
  whole.writeUInt32LE(number, RECORD_HEADER_BYTES);
  return whole;
}

/** The numbers of a savefile's packets; throws where it does not end with a whole record. */
export function numbersIn(content: Buffer): number[] {
  if (content.readUInt32LE(0) !== 0xa1b2c3d4) throw new Error('no savefile');
  const numbers: number[] = [];
  for (let at = FILE_HEADER_BYTES; at < content.length; at += RECORD_HEADER_BYTES + content.readUInt32LE(at + 8)) numbers.push(content.readUInt32LE(at + RECORD_HEADER_BYTES));
  const bytes = numbers.length === 0 ? content.length : lastEnd(content);
  if (bytes !== content.length) throw new Error(`torn record: ${content.length} bytes, whole up to ${bytes}`);
  return numbers;
}

function lastEnd(content: Buffer): number {
  let at = FILE_HEADER_BYTES;
  while (at + RECORD_HEADER_BYTES <= content.length) at += RECORD_HEADER_BYTES + content.readUInt32LE(at + 8);
  return at;
}

export class TcpdumpModel {
  private files = 0;
  private size = 0;

  constructor(
    private readonly folder: string,
    private readonly fileSizeBytes: () => number,
  ) {
    this.open();
  }

  private get path(): string {
    return join(this.folder, `capture.${this.files === 1 ? '' : this.files - 1}`);
  }

  private open(): void {
    this.files += 1;
    writeFileSync(this.path, savefile([]));
    this.size = FILE_HEADER_BYTES;
  }

  /** The next file begins with the packet that finds the open one larger than its size. */
  write(number: number, bytes: number): void {
    if (this.size > this.fileSizeBytes()) this.open();
    const whole = record(number, bytes);
    appendFileSync(this.path, whole);
    this.size += whole.length;
  }

  /** Killed while it wrote a record. */
  tear(number: number, bytes: number): void {
    appendFileSync(this.path, record(number, bytes).subarray(0, RECORD_HEADER_BYTES + bytes - 1));
  }
}
