// Our merge gives every packet once, always the earliest of those that come next in their files, whatever the files are.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inOrder, peek } from '../../../../src/cli/merge/ordered.js';
import { ownMerge } from '../../../../src/cli/merge/own-merge.js';
import type { MergeInput } from '../../../../src/cli/merge/source.js';
import { byTime, type Packet } from '../../../../src/pcap/packet.js';
import { PacketDecoder } from '../../../../src/pcap/packet-decoder.js';
import { ETHERNET, input, LINUX_SLL2, packet } from './inputs.js';

let root: string;
let cases = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'merge-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const mark = ({ data }: Packet): string => data.toString('latin1', 40, 50);
const signal = new AbortController().signal;
const never = (path: string, problem: string): void => { throw new Error(`${path}: ${problem}`); };

async function merged(inputs: MergeInput[], onProblem = never): Promise<Packet[]> {
  const files = await peek(inputs, onProblem);
  const packets: Packet[] = [];
  await inOrder(files, (p) => void packets.push(p), onProblem);
  return packets;
}

/** What a merge is, written down in the plainest way. */
function asDefined(files: number[][]): string[] {
  const left = files.map((times, file) => times.map((time, number) => packet(file, number, time)));
  const order: string[] = [];
  for (;;) {
    let least: Packet[] | undefined;
    for (const file of left) if (file[0] && (!least?.[0] || byTime(file[0], least[0]) < 0)) least = file;
    const next = least?.shift();
    if (!next) return order;
    order.push(mark(next));
  }
}

const times = fc.array(fc.integer({ min: 0, max: 40 }).map((step) => step * 1000), { maxLength: 30 });

describe('a merge', () => {
  test('is complete and in order, of sorted and unsorted files, equal times, plain and compressed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(times, fc.boolean(), fc.boolean()), { maxLength: 8 }), async (files) => {
        const folder = join(root, String((cases += 1)));
        const all = files.map(([list, sort]) => (sort ? [...list].sort((a, b) => a - b) : list));
        const inputs = all.map((list, n) => input(folder, n, list, { gzip: files[n]?.[2] ?? false, digits: n % 2 === 0 ? 6 : 9 }));
        expect((await merged(inputs)).map(mark)).toEqual(asDefined(all));
      }),
      { numRuns: 60 },
    );
  });

  test('of files in order is in order, and keeps the order of files where times are equal', async () => {
    const folder = join(root, 'equal');
    const packets = await merged([input(folder, 0, [5000, 5000, 9000]), input(folder, 1, [5000, 7000]), input(folder, 2, [5000])]);
    expect(packets.map(mark)).toEqual(['f0000n0000', 'f0000n0001', 'f0001n0000', 'f0002n0000', 'f0001n0001', 'f0000n0002']);
  });

  test('of thousands of files has few of them open at a time', async () => {
    const folder = join(root, 'many');
    const inputs = Array.from({ length: 1500 }, (_, n) => input(folder, n, [n * 1000, (n + 1500) * 1000]));
    let most = 0;
    const files = await peek(inputs, never);
    let count = 0;
    await inOrder(
      files,
      () => {
        count += 1;
        if (count % 500 === 0) most = Math.max(most, readdirSync('/proc/self/fd').length);
        return undefined;
      },
      never,
    );
    expect(count).toBe(3000);
    // All 1500 overlap in time, and none is held open.
    expect(most).toBeLessThan(200);
  });

  test('takes packets far larger than a chunk', async () => {
    const folder = join(root, 'large');
    const inputs = [input(folder, 0, Array.from({ length: 4000 }, (_, n) => n * 2000)), input(folder, 1, Array.from({ length: 4000 }, (_, n) => n * 2000 + 1000), { gzip: true })];
    const packets = await merged(inputs);
    expect(packets).toHaveLength(8000);
    expect(packets.every((p, n) => n === 0 || byTime(packets[n - 1] as Packet, p) <= 0)).toBe(true);
  });
});

describe('what is not whole', () => {
  test.each([
    ['a savefile that ends in a packet', { cut: 20 }, 'ends in the middle of a packet', 2],
    ['compressed content that is cut off', { cut: 12, gzip: true }, 'compressed content is cut off', undefined],
  ])('%s is named, and what came before it is merged', async (_, shape, words, count) => {
    const folder = join(root, `cut-${words.length}`);
    const problems: string[] = [];
    const packets = await merged([input(folder, 0, [1000, 2000, 3000], shape), input(folder, 1, [1500])], (path, problem) => void problems.push(`${path} ${problem}`));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(words);
    expect(packets.map(mark)).toContain('f0001n0000');
    if (count !== undefined) expect(packets).toHaveLength(count + 1);
  });

  test('what is no savefile is named', async () => {
    const path = join(root, 'text.pcap');
    writeFileSync(path, 'This is no savefile at all, whatever its name says.');
    const problems: string[] = [];
    expect(await merged([{ path, target: 'a' }], (_, problem) => void problems.push(problem))).toEqual([]);
    expect(problems).toEqual([expect.stringContaining('it is damaged')]);
  });
});

describe('the file', () => {
  test('is a pcap with the finest time and the longest packets of its inputs', async () => {
    const folder = join(root, 'pcap');
    const files = await peek([input(folder, 0, [1000], { snapLength: 96 }), input(folder, 1, [1500], { digits: 9, snapLength: 128 })], never);
    const path = join(folder, 'out.pcap');
    expect(await ownMerge(files, 'pcap', path, { signal, onProblem: never })).toBe(2);
    const decoder = new PacketDecoder();
    const packets = decoder.push(readFileSync(path));
    expect(decoder.source).toEqual({ linkType: ETHERNET, snapLength: 128, digits: 9 });
    expect(packets.map(({ nanos }) => nanos)).toEqual([1000, 1500]);
  });

  test('is left where the user ends it', async () => {
    const folder = join(root, 'ended');
    const files = await peek([input(folder, 0, Array.from({ length: 20_000 }, (_, n) => n * 1000), { linkType: LINUX_SLL2 })], never);
    const ended = AbortSignal.abort(new Error('Ctrl-C'));
    await expect(ownMerge(files, 'pcapng', join(folder, 'out'), { signal: ended, onProblem: never })).rejects.toThrow('Ctrl-C');
  });
});
