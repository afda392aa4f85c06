// The scanner counts whole packets and nothing else, however a file is cut, grown or forged.
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SavefileScanner } from '../../../src/pcap/scanner.js';
import { savefile, type Packet } from './savefile.js';

const folder = mkdtempSync(join(tmpdir(), 'scanner-'));
afterAll(() => rmSync(folder, { recursive: true }));

const START_US = 1_795_000_000_000_000;
const packets = (count: number, bytes = 100): Packet[] => Array.from({ length: count }, (_, n) => ({ us: START_US + n * 1500, bytes }));

/** Scans a file in the given lengths, as it grows, through a buffer of the given size. */
async function scan(content: Buffer, lengths = [content.length], bufferBytes = 4096): Promise<SavefileScanner> {
  const path = join(folder, 'file');
  const scanner = new SavefileScanner();
  for (const length of lengths) {
    writeFileSync(path, content.subarray(0, length));
    const file = await open(path);
    await scanner.scan(file, length, Buffer.alloc(bufferBytes));
    await file.close();
  }
  return scanner;
}

describe.each([
  { littleEndian: true, nano: false },
  { littleEndian: true, nano: true },
  { littleEndian: false, nano: false },
  { littleEndian: false, nano: true },
])('a savefile with %o', (shape) => {
  test('has its packets, times and end', async () => {
    const content = savefile(packets(1000), shape);
    expect(await scan(content)).toMatchObject({ packets: 1000, end: content.length, firstUs: START_US, lastUs: START_US + 999 * 1500, damaged: false });
  });
});

describe('a file that is being written', () => {
  test('ends behind its last whole packet, whatever stands of the next', async () => {
    const content = savefile(packets(3, 50));
    const whole = 24 + 2 * 66;
    for (let length = whole; length < content.length; length += 1) expect(await scan(content, [length])).toMatchObject({ packets: 2, end: whole, damaged: false });
  });

  test('without a whole header has no end', async () => {
    for (const length of [0, 1, 23]) expect(await scan(savefile([]), [length])).toMatchObject({ packets: 0, end: 0, damaged: false });
  });

  test('with a header only has no packet', async () => expect(await scan(savefile([]))).toMatchObject({ packets: 0, end: 24 }));

  test('is counted alike in one look and in many, through a small buffer and a large one', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 40 }), fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }), fc.integer({ min: 24, max: 9000 }), async (sizes, cuts, bufferBytes) => {
        const content = savefile(sizes.map((bytes, n) => ({ us: START_US + n, bytes })));
        const lengths = [...cuts.map((cut) => Math.floor(cut * content.length)).sort((a, b) => a - b), content.length];
        expect(await scan(content, lengths, bufferBytes)).toMatchObject({ packets: sizes.length, end: content.length, damaged: false });
      }),
      { numRuns: 60 },
    ));
});

describe('a damaged file', () => {
  test.each([
    ['a length beyond what libpcap writes', 8, 262_145],
    ['a length of all ones', 8, 0xffff_ffff],
    ['more than a second of microseconds', 4, 1_000_000],
  ])('with %s ends before that record', async (_, offset, value) => {
    const content = savefile(packets(10, 100));
    const at = 24 + 6 * 116;
    content.writeUInt32LE(value, at + offset);
    expect(await scan(content)).toMatchObject({ packets: 6, end: at, damaged: true });
  });

  test('with another magic has nothing', async () => expect(await scan(Buffer.alloc(1000, 1))).toMatchObject({ packets: 0, end: 0, damaged: true }));

  test('never has an end past its size, and never fails, whatever its bytes', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (noise) => {
        const content = Buffer.concat([savefile(packets(2)), noise]);
        const scanner = await scan(content);
        expect(scanner.end).toBeLessThanOrEqual(content.length);
        expect(scanner.packets).toBeGreaterThanOrEqual(2);
      }),
      { numRuns: 60 },
    ));
});

test('three hundred thousand packets are counted at one look', async () => {
  const content = savefile(packets(300_000, 60));
  expect((await scan(content, [content.length], 512 * 1024)).packets).toBe(300_000);
});
