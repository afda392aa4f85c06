// What a flood is made of: one UDP datagram to the pod's port that reads nothing, many times, as a savefile.
import { pcapHeader, pcapRecord } from '../../../../src/pcap/pcap-writer.js';

export const PORT = 9100;
const SOURCE_MAC = '02:00:00:00:00:01';
const SOURCE = '10.98.99.1';
const SOURCE_PORT = 40_000;
const HEADERS = { ethernet: 14, ip: 20, udp: 8 };
const ETHERNET = 1;
const DIGITS = 6;

const macBytes = (mac: string): number[] => mac.split(':').map((byte) => Number.parseInt(byte, 16));
const ipBytes = (ip: string): number[] => ip.split('.').map(Number);

/** The Internet checksum (RFC 1071) of an even number of bytes. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** `bytes`: of a frame without its checksum. Its payload is the seed's; its UDP checksum is none, as IPv4 allows. */
function frame(bytes: number, mac: string, ip: string, seed: string): Buffer {
  const { ethernet, ip: ipHeader, udp } = HEADERS;
  const data = Buffer.alloc(bytes, seed);
  data.set([...macBytes(mac), ...macBytes(SOURCE_MAC), 0x08, 0]);
  const header = data.subarray(ethernet, ethernet + ipHeader);
  header.set([0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, 17, 0, 0, ...ipBytes(SOURCE), ...ipBytes(ip)]);
  header.writeUInt16BE(bytes - ethernet, 2);
  header.writeUInt16BE(checksum(header), 10);
  const ports = data.subarray(ethernet + ipHeader, ethernet + ipHeader + udp);
  [SOURCE_PORT, PORT, bytes - ethernet - ipHeader, 0].forEach((value, index) => ports.writeUInt16BE(value, 2 * index));
  return data;
}

/** A savefile of so many of them. */
export function savefileOf(packets: number, bytes: number, mac: string, ip: string, seed: string): Buffer {
  const data = frame(bytes, mac, ip, seed);
  const record = pcapRecord({ seconds: 0, nanos: 0, originalLength: bytes, data }, DIGITS);
  return Buffer.concat([pcapHeader({ linkType: ETHERNET, snapLength: 65_535, digits: DIGITS }), ...new Array<Buffer>(packets).fill(record)]);
}
