// Writes savefiles: pcap, for packets of one link type (pcap-savefile(5)).
import type { Packet, PacketSource } from './packet.js';
import { FILE_HEADER_BYTES, RECORD_HEADER_BYTES } from './scanner.js';

const MAGIC = { 6: 0xa1b2c3d4, 9: 0xa1b23c4d } as const;

export function pcapHeader({ linkType, snapLength, digits }: PacketSource): Buffer {
  const header = Buffer.alloc(FILE_HEADER_BYTES);
  header.writeUInt32LE(MAGIC[digits], 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(snapLength, 16);
  header.writeUInt32LE(linkType, 20);
  return header;
}

/** `digits` of the header that it comes after. */
export function pcapRecord({ seconds, nanos, originalLength, data }: Packet, digits: PacketSource['digits']): Buffer {
  const record = Buffer.allocUnsafe(RECORD_HEADER_BYTES + data.length);
  record.writeUInt32LE(seconds, 0);
  record.writeUInt32LE(digits === 9 ? nanos : Math.floor(nanos / 1000), 4);
  record.writeUInt32LE(data.length, 8);
  record.writeUInt32LE(originalLength, 12);
  data.copy(record, RECORD_HEADER_BYTES);
  return record;
}
