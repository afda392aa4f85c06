// Savefiles for tests, in every byte order and time unit (pcap-savefile(5)).

export interface Packet {
  us: number;
  bytes: number;
}

export interface SavefileShape {
  littleEndian?: boolean;
  nano?: boolean;
}

export function savefile(packets: Packet[], { littleEndian = true, nano = false }: SavefileShape = {}): Buffer {
  const u32 = (...values: number[]): Buffer => {
    const buffer = Buffer.alloc(4 * values.length);
    values.forEach((value, index) => (littleEndian ? buffer.writeUInt32LE(value, 4 * index) : buffer.writeUInt32BE(value, 4 * index)));
    return buffer;
  };
  const version = littleEndian ? Buffer.from([2, 0, 4, 0]) : Buffer.from([0, 2, 0, 4]);
  const header = Buffer.concat([u32(nano ? 0xa1b23c4d : 0xa1b2c3d4), version, u32(0, 0, 262_144, 276)]);
  const records = packets.map(({ us, bytes }) => {
    const seconds = Math.floor(us / 1e6);
    return Buffer.concat([u32(seconds, (us - seconds * 1e6) * (nano ? 1000 : 1), bytes, bytes), Buffer.alloc(bytes, 7)]);
  });
  return Buffer.concat([header, ...records]);
}
