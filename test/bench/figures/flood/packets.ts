// What a flood is made of: UDP datagrams to the pod's port that reads nothing, as trafgen's configuration.

export const PORT = 9100;
const SOURCE = [10, 98, 99, 1];
const SOURCE_PORT = 40_000;
const HEADERS = { ethernet: 14, ip: 20, udp: 8 };

/** `bytes`: of a frame without its checksum. Its payload is the seed's. */
export function trafgenPacket(bytes: number, mac: string, ip: string, seed: string): string {
  const { ethernet, ip: ipHeader, udp } = HEADERS;
  const payload = Buffer.alloc(bytes - ethernet - ipHeader - udp, seed);
  const items = [
    mac.split(':').map((byte) => `0x${byte}`),
    [0x02, 0, 0, 0, 0, 1],
    [0x08, 0],
    [0x45, 0, `const16(${bytes - ethernet})`, 'const16(1)', 0x40, 0, 64, 17, `csumip(${ethernet}, ${ethernet + ipHeader - 1})`],
    SOURCE,
    ip.split('.'),
    [`const16(${SOURCE_PORT})`, `const16(${PORT})`, `const16(${bytes - ethernet - ipHeader})`, 'const16(0)'],
    [...payload],
  ];
  return `{ ${items.flat().join(', ')} }\n`;
}
