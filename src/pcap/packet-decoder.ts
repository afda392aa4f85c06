// Reads packets out of a savefile that arrives in pieces, trusting no length in it (pcap-savefile(5)).
import type { Packet, PacketSource } from './packet.js';
import { FILE_HEADER_BYTES, MAX_CAPTURED_BYTES, RECORD_HEADER_BYTES, savefileFormat } from './scanner.js';

/** What came is no savefile, or stopped being one. */
export class NoSavefile extends Error {
  override readonly name = 'NoSavefile';
}

export class PacketDecoder {
  /** Set as soon as the file's header is whole. */
  source: PacketSource | undefined;
  #littleEndian = true;
  /** Nanoseconds in one unit of a record's sub-second field. */
  #unitNs = 1000;
  /** Less than one record. */
  #rest: Buffer = Buffer.alloc(0);

  /** Bytes that make no whole packet yet. */
  get pending(): number {
    return this.#rest.length;
  }

  /** The packets that are whole with these bytes. Throws NoSavefile; what it holds is then of no use. */
  push(bytes: Buffer): Packet[] {
    const buffer = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    if (!this.source) {
      if (buffer.length < FILE_HEADER_BYTES) {
        this.#rest = buffer;
        return [];
      }
      this.source = this.#begin(buffer);
      at = FILE_HEADER_BYTES;
    }
    const packets: Packet[] = [];
    for (let size; at + RECORD_HEADER_BYTES <= buffer.length; at += size) {
      const captured = this.#field(buffer, at + 8);
      if (captured > MAX_CAPTURED_BYTES) throw new NoSavefile(`a packet of ${captured} bytes, more than libpcap's ${MAX_CAPTURED_BYTES}`);
      const nanos = this.#field(buffer, at + 4) * this.#unitNs;
      if (nanos >= 1e9) throw new NoSavefile('a packet whose time is past the end of its second');
      size = RECORD_HEADER_BYTES + captured;
      if (at + size > buffer.length) break;
      packets.push({ seconds: this.#field(buffer, at), nanos, originalLength: this.#field(buffer, at + 12), data: buffer.subarray(at + RECORD_HEADER_BYTES, at + size) });
    }
    // A copy, so that a few bytes do not keep a whole chunk in memory.
    this.#rest = Buffer.from(buffer.subarray(at));
    return packets;
  }

  #begin(header: Buffer): PacketSource {
    const format = savefileFormat(header);
    if (!format) throw new NoSavefile(`it begins with ${header.toString('hex', 0, 4)}`);
    this.#littleEndian = format.littleEndian;
    this.#unitNs = format.unitUs * 1000;
    const snapLength = this.#field(header, 16);
    // The upper half says whether frames end in a checksum.
    return { linkType: this.#field(header, 20) & 0xffff, snapLength: snapLength === 0 || snapLength > MAX_CAPTURED_BYTES ? MAX_CAPTURED_BYTES : snapLength, digits: format.unitUs === 1 ? 6 : 9 };
  }

  #field(buffer: Buffer, at: number): number {
    return this.#littleEndian ? buffer.readUInt32LE(at) : buffer.readUInt32BE(at);
  }
}
