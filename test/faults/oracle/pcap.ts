// Savefiles as the bucket has them, read by hand: the agent's own scanner is under test.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { StoredFile } from './evidence.js';

const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;

/** Throws where it is no savefile or does not end with a whole record. */
export function storedFile(key: string, object: Buffer, numberOf: (packet: Buffer) => number | undefined): StoredFile {
  const pcap = uncompressed(key, object);
  if (pcap.readUInt32LE(0) !== 0xa1b2c3d4) throw new Error(`${key} is no savefile`);
  const numbers: number[] = [];
  let packets = 0;
  for (let at = FILE_HEADER_BYTES; at < pcap.length; ) {
    const length = at + RECORD_HEADER_BYTES <= pcap.length ? pcap.readUInt32LE(at + 8) : Infinity;
    const end = at + RECORD_HEADER_BYTES + length;
    if (end > pcap.length) throw new Error(`${key}: a torn record at ${at} of ${pcap.length}`);
    packets += 1;
    const number = numberOf(pcap.subarray(at + RECORD_HEADER_BYTES, end));
    if (number !== undefined) numbers.push(number);
    at = end;
  }
  const target = key.split('/').at(-2) ?? '';
  return { key, target, size: object.length, sha256: createHash('sha256').update(object).digest('hex'), packets, numbers };
}

function uncompressed(key: string, object: Buffer): Buffer {
  if (key.endsWith('.gz')) return gunzipSync(object);
  if (key.endsWith('.zst')) return execFileSync('zstd', ['-dc'], { input: object, maxBuffer: 2 ** 30 });
  return object;
}

/** `PKT` and nine digits, as the senders of the agent level mark their datagrams. */
export function markedNumber(packet: Buffer): number | undefined {
  const at = packet.indexOf('PKT');
  return at < 0 ? undefined : Number(packet.toString('latin1', at + 3, at + 12));
}
