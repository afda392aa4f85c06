// Writes savefiles: pcapng, for packets of several interfaces, each with a name and a link type of its own (IETF draft-ietf-opsawg-pcapng).
import type { Packet, PacketSource } from './packet.js';

const BLOCK = { section: 0x0a0d0d0a, interface: 1, names: 4, packet: 6 } as const;
const OPTION = { end: 0, interfaceName: 2, timestampDigits: 9 } as const;
const BYTE_ORDER = 0x1a2b3c4d;
/** Type and two lengths. */
const FRAME_BYTES = 12;

const padded = (length: number): number => Math.ceil(length / 4) * 4;

/** The block that a file begins with. */
export function sectionHeader(): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt32LE(BYTE_ORDER, 0);
  body.writeUInt16LE(1, 4);
  // Length of the section: not known.
  body.writeBigInt64LE(-1n, 8);
  return block(BLOCK.section, body);
}

export interface NamedSource extends PacketSource {
  name: string;
}

/** The n-th of a file, from 0, is what its packets call interface n. It stands anywhere before the first of them. */
export function interfaceBlock({ name, linkType, snapLength, digits }: NamedSource): Buffer {
  const fixed = Buffer.alloc(8);
  fixed.writeUInt16LE(linkType, 0);
  fixed.writeUInt32LE(snapLength, 4);
  const options = [option(OPTION.interfaceName, Buffer.from(name)), option(OPTION.timestampDigits, Buffer.of(digits)), option(OPTION.end, Buffer.alloc(0))];
  return block(BLOCK.interface, Buffer.concat([fixed, ...options]));
}

/** `digits` of its interface. */
export function packetBlock(interfaceNumber: number, { seconds, nanos, originalLength, data }: Packet, digits: PacketSource['digits']): Buffer {
  const bytes = FRAME_BYTES + 20 + padded(data.length);
  const buffer = Buffer.allocUnsafe(bytes);
  const units = digits === 9 ? BigInt(seconds) * 1_000_000_000n + BigInt(nanos) : BigInt(seconds) * 1_000_000n + BigInt(Math.floor(nanos / 1000));
  buffer.writeUInt32LE(BLOCK.packet, 0);
  buffer.writeUInt32LE(bytes, 4);
  buffer.writeUInt32LE(interfaceNumber, 8);
  buffer.writeUInt32LE(Number(units >> 32n), 12);
  buffer.writeUInt32LE(Number(units & 0xffffffffn), 16);
  buffer.writeUInt32LE(data.length, 20);
  buffer.writeUInt32LE(originalLength, 24);
  data.copy(buffer, 28);
  buffer.fill(0, 28 + data.length, bytes - 4);
  buffer.writeUInt32LE(bytes, bytes - 4);
  return buffer;
}

/** A block that says nothing, fit for any place after the first: a list of names without any. */
export const emptyBlock = (): Buffer => block(BLOCK.names, option(OPTION.end, Buffer.alloc(0)));

function option(code: number, value: Buffer): Buffer {
  const buffer = Buffer.alloc(4 + padded(value.length));
  buffer.writeUInt16LE(code, 0);
  buffer.writeUInt16LE(value.length, 2);
  value.copy(buffer, 4);
  return buffer;
}

function block(type: number, body: Buffer): Buffer {
  const buffer = Buffer.alloc(FRAME_BYTES + body.length);
  buffer.writeUInt32LE(type, 0);
  buffer.writeUInt32LE(buffer.length, 4);
  body.copy(buffer, 8);
  buffer.writeUInt32LE(buffer.length, buffer.length - 4);
  return buffer;
}
