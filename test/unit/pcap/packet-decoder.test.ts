import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { byTime, type Packet } from '../../../src/pcap/packet.js';
import { NoSavefile, PacketDecoder } from '../../../src/pcap/packet-decoder.js';
import { pcapHeader, pcapRecord } from '../../../src/pcap/pcap-writer.js';
import { savefile } from './savefile.js';

/** All packets of bytes that arrive in pieces of the given lengths, again and again. */
function decoded(bytes: Buffer, pieces: number[]): { packets: Packet[]; decoder: PacketDecoder } {
  const decoder = new PacketDecoder();
  const packets: Packet[] = [];
  for (let at = 0, n = 0; at < bytes.length; n += 1) {
    const next = Math.min(bytes.length, at + (pieces[n % pieces.length] as number));
    packets.push(...decoder.push(bytes.subarray(at, next)));
    at = next;
  }
  return { packets, decoder };
}

describe('a savefile that arrives in pieces', () => {
  const shapes = [{}, { littleEndian: false }, { nano: true }, { littleEndian: false, nano: true }];
  test.each(shapes)('gives the same packets however it is cut: %j', (shape) => {
    const sent = [{ us: 1_700_000_000_123_456, bytes: 60 }, { us: 1_700_000_001_000_000, bytes: 0 }, { us: 1_700_000_001_999_999, bytes: 1514 }];
    const file = savefile(sent, shape);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1 }), (pieces) => {
        const { packets, decoder } = decoded(file, pieces);
        expect(packets.map(({ seconds, nanos, data }) => ({ us: seconds * 1e6 + nanos / 1000, bytes: data.length }))).toEqual(sent);
        expect(decoder.source).toEqual({ linkType: 276, snapLength: 262_144, digits: shape.nano ? 9 : 6 });
        expect(decoder.pending).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  test('written again, it is the same file', () => {
    const file = savefile([{ us: 1, bytes: 3 }, { us: 2_000_000, bytes: 4 }]);
    const { packets, decoder } = decoded(file, [7]);
    expect(Buffer.concat([pcapHeader(decoder.source!), ...packets.map((packet) => pcapRecord(packet, 6))])).toEqual(file);
  });

  test('a packet that is not whole is none', () => {
    const { packets, decoder } = decoded(savefile([{ us: 1, bytes: 10 }]).subarray(0, -1), [5]);
    expect(packets).toEqual([]);
    expect(decoder.pending).toBe(25);
  });
});

describe('hostile: packet', () => {
  test('a stream that begins like no savefile → refused by its header alone', () => {
    expect(() => new PacketDecoder().push(Buffer.from('HTTP/1.1 200 OK\r\nnot a savefile'))).toThrow(NoSavefile);
  });

  test.each([0xffffffff, 262_145])('a packet that claims %d bytes → refused before any of them is kept', (length) => {
    const file = savefile([{ us: 1, bytes: 0 }]);
    file.writeUInt32LE(length, 24 + 8);
    const decoder = new PacketDecoder();
    expect(() => decoder.push(file)).toThrow(`${length} bytes`);
  });

  test('a time past the end of its second → refused', () => {
    const file = savefile([{ us: 1, bytes: 0 }]);
    file.writeUInt32LE(1_000_000, 24 + 4);
    expect(() => new PacketDecoder().push(file)).toThrow('past the end of its second');
  });

  test('any bytes at all → packets or NoSavefile, and less than one packet is held', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (noise, withHeader) => {
        const decoder = new PacketDecoder();
        try {
          decoder.push(Buffer.concat([withHeader ? savefile([]) : Buffer.alloc(0), Buffer.from(noise)]));
          expect(decoder.pending).toBeLessThanOrEqual(262_144 + 16);
        } catch (error) {
          expect(error).toBeInstanceOf(NoSavefile);
        }
      }),
    );
  });
});

test('packets are ordered by their time to the nanosecond', () => {
  const at = (seconds: number, nanos: number): Packet => ({ seconds, nanos, originalLength: 0, data: Buffer.alloc(0) });
  expect([at(2, 0), at(1, 5), at(1, 4)].sort(byTime)).toEqual([at(1, 4), at(1, 5), at(2, 0)]);
});
