// Savefiles to merge, each packet with a mark of its own in its data.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { MergeInput } from '../../../../src/cli/merge/source.js';
import { pcapHeader, pcapRecord } from '../../../../src/pcap/pcap-writer.js';

export interface InputShape {
  target?: string;
  linkType?: number;
  digits?: 6 | 9;
  snapLength?: number;
  gzip?: boolean;
  /** Bytes to leave out at its end. */
  cut?: number;
}

const BASE_SECONDS = 1_795_000_000;
export const ETHERNET = 1;
export const LINUX_SLL2 = 276;

/** A packet of 60 bytes at so many nanoseconds, that says of which file it is and the how manieth there. */
export function packet(file: number, number: number, nanos: number) {
  const data = Buffer.alloc(60, 0x2e);
  data.write(`f${String(file).padStart(4, '0')}n${String(number).padStart(4, '0')}`, 40, 'latin1');
  return { seconds: BASE_SECONDS + Math.floor(nanos / 1e9), nanos: nanos % 1e9, originalLength: 60, data };
}

/** The n-th savefile, with packets at these times (ns from a common beginning). */
export function input(folder: string, n: number, times: readonly number[], { target = 'web-0_0a1b2c3d', linkType = ETHERNET, digits = 6, snapLength = 262_144, gzip = false, cut = 0 }: InputShape = {}): MergeInput {
  const path = join(folder, target, `01-${String(n).padStart(6, '0')}_20261120T030512Z.pcap${gzip ? '.gz' : ''}`);
  mkdirSync(dirname(path), { recursive: true });
  const body = Buffer.concat([pcapHeader({ linkType, digits, snapLength }), ...times.map((time, number) => pcapRecord(packet(n, number, time), digits))]);
  const content = gzip ? gzipSync(body) : body;
  writeFileSync(path, content.subarray(0, content.length - cut));
  return { path, target };
}
