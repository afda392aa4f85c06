// Our merge against mergecap, packet by packet, as tshark reads both; and what becomes of it where mergecap is not there.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { mergecap } from '../../../../src/cli/merge/mergecap.js';
import { merge } from '../../../../src/cli/merge/merge.js';
import { peek } from '../../../../src/cli/merge/ordered.js';
import { ownMerge } from '../../../../src/cli/merge/own-merge.js';
import type { MergeInput } from '../../../../src/cli/merge/source.js';
import { ETHERNET, input, LINUX_SLL2, type InputShape } from '../../../unit/cli/merge/inputs.js';

jest.setTimeout(60_000);

const run = promisify(execFile);
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'merge-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const { signal } = new AbortController();
const env = { PATH: process.env['PATH'] };
const never = (path: string, problem: string): void => { throw new Error(`${path}: ${problem}`); };

const FIELDS = ['frame.time_epoch', 'frame.len', 'frame.cap_len', 'frame.encap_type', 'frame.md5_hash'];

/** Each packet: when, how long, of what, and a hash of every byte of it. */
async function packetsOf(path: string): Promise<string[]> {
  const { stdout } = await run('tshark', ['-n', '-o', 'frame.generate_md5_hash:TRUE', '-r', path, '-T', 'fields', ...FIELDS.flatMap((field) => ['-e', field])], { maxBuffer: 64 * 1024 * 1024 });
  return stdout.trim().split('\n');
}

/** Times that overlap, come twice and go back, from a small generator of its own. */
function times(seed: number, count: number): number[] {
  let state = seed;
  return Array.from({ length: count }, (_, n) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return n * 3000 + (state % 5) * 2000;
  });
}

const SHAPES: [string, InputShape[]][] = [
  ['files of one target', [{}, {}, {}]],
  ['nanoseconds beside microseconds', [{}, { digits: 9 }, {}]],
  ['compressed files beside plain ones', [{ gzip: true }, {}, { gzip: true }]],
  ['files with packets cut to other lengths', [{ snapLength: 60 }, { snapLength: 262_144 }, {}]],
];

test.each(SHAPES)('of %s our merge is that of mergecap', async (what, shapes) => {
  const folder = join(root, what.replaceAll(' ', '-'));
  const inputs = shapes.map((shape, n) => input(folder, n, times(n + 1, 150), { ...shape, linkType: LINUX_SLL2 }));
  const files = await peek(inputs, never);
  expect(await mergecap(files, join(folder, 'theirs'), { env, signal })).toBe(true);
  await ownMerge(files, 'pcap', join(folder, 'ours'), { signal, onProblem: never });
  const [theirs, ours] = await Promise.all([packetsOf(join(folder, 'theirs')), packetsOf(join(folder, 'ours'))]);
  expect(theirs).toHaveLength(450);
  expect(new Set(theirs).size).toBe(450);
  expect(ours).toEqual(theirs);
});

test('of several targets and link types each packet is where mergecap has it, and its interface bears its target\'s name', async () => {
  const folder = join(root, 'targets');
  const of = (n: number, target: string, linkType: number): MergeInput => input(folder, n, times(n + 1, 100), { target, linkType });
  const inputs = [of(0, 'web-0_0a1b2c3d', ETHERNET), of(1, 'web-0_0a1b2c3d', ETHERNET), of(2, 'web-1_4e5f6071', LINUX_SLL2)];
  const { path, problems } = await merge(inputs, folder, { file: undefined, force: false }, { cwd: folder, env, signal });
  expect({ path, problems }).toEqual({ path: join(folder, 'merged.pcapng'), problems: [] });
  await run('mergecap', ['-w', join(folder, 'theirs.pcapng'), ...inputs.map((file) => file.path).reverse()]);
  expect(await packetsOf(path)).toEqual(await packetsOf(join(folder, 'theirs.pcapng')));
  const { stdout } = await run('tshark', ['-r', path, '-T', 'fields', '-e', 'frame.interface_name']);
  const names = stdout.trim().split('\n');
  expect({ web0: names.filter((name) => name === 'web-0_0a1b2c3d').length, web1: names.filter((name) => name === 'web-1_4e5f6071').length }).toEqual({ web0: 200, web1: 100 });
});

describe('without mergecap on PATH', () => {
  test('the same file comes of it', async () => {
    const folder = join(root, 'alone');
    const inputs = [input(folder, 0, times(1, 100)), input(folder, 1, times(2, 100))];
    const bare = join(folder, 'bin');
    mkdirSync(bare);
    const there = await merge(inputs, folder, { file: 'there.pcap', force: false }, { cwd: folder, env, signal });
    const alone = await merge(inputs, folder, { file: 'alone.pcap', force: false }, { cwd: folder, env: { PATH: bare }, signal });
    expect(await packetsOf(alone.path)).toEqual(await packetsOf(there.path));
    expect(existsSync(`${alone.path}.part`)).toBe(false);
  });
});

test('zstd is read by Node or by the program of that name', async () => {
  const folder = join(root, 'zstd');
  const plain = input(folder, 0, times(3, 200));
  await run('zstd', ['-q', plain.path]);
  const path = `${plain.path}.zst`;
  const packed = await peek([{ ...plain, path }], never);
  await ownMerge(packed, 'pcap', join(folder, 'ours'), { signal, onProblem: never });
  expect(await packetsOf(join(folder, 'ours'))).toEqual(await packetsOf(plain.path));
});

test('a link in the place of the merged file is replaced, not followed', async () => {
  const folder = join(root, 'link');
  const inputs = [input(folder, 0, [1000])];
  const precious = join(root, 'precious');
  symlinkSync(precious, join(folder, 'merged.pcap'));
  symlinkSync(precious, join(folder, 'merged.pcap.part'));
  const { path } = await merge(inputs, folder, { file: undefined, force: false }, { cwd: folder, env, signal });
  expect(existsSync(precious)).toBe(false);
  expect(await packetsOf(path)).toHaveLength(1);
});
