import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PacketReader } from '../../../../src/agent/live/reader.js';
import { Places, type Place } from '../../../../src/agent/live/places.js';
import { newScanBuffer } from '../../../../src/pcap/scanner.js';
import { openRegular } from '../../../../src/storage/regular-file.js';
import { startFolder } from '../../../../src/agent/tcpdump/file-name.js';

let folder: string;
let reader: PacketReader;
const START: Omit<Place, 'name'> = { attempt: 1, start: 1 };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'live-'));
  reader = new PacketReader({ places: new Places(folder), buffer: newScanBuffer() });
});
afterEach(() => rmSync(folder, { recursive: true }));

function header(linkType = 276): Buffer {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt32LE(0xa1b2c3d4, 0);
  bytes.writeUInt32LE(0x00040002, 4);
  bytes.writeUInt32LE(262_144, 16);
  bytes.writeUInt32LE(linkType, 20);
  return bytes;
}
/** Records whose data is their number. */
const records = (...numbers: number[]): Buffer =>
  Buffer.concat(
    numbers.map((number) => {
      const bytes = Buffer.alloc(20);
      bytes.writeUInt32LE(1_700_000_000, 0);
      bytes.writeUInt32LE(4, 8);
      bytes.writeUInt32LE(4, 12);
      bytes.writeUInt32LE(number, 16);
      return bytes;
    }),
  );
const place = (name: string, id = START): Place => ({ ...id, name });
const pathOf = ({ attempt, start, name }: Place): string => join(folder, startFolder(attempt, start), name);
function write(at: Place, ...parts: Buffer[]): void {
  mkdirSync(join(folder, startFolder(at.attempt, at.start)), { recursive: true });
  writeFileSync(pathOf(at), Buffer.concat(parts));
}
const append = (at: Place, ...parts: Buffer[]): void => appendFileSync(pathOf(at), Buffer.concat(parts));

/** All that can be read now: the numbers, and the header where it is among it. */
async function read(upTo?: Place): Promise<{ numbers: number[]; headers: number }> {
  const chunks: Buffer[] = [];
  for (let bytes = await reader.read(upTo); bytes; bytes = await reader.read(upTo)) chunks.push(bytes);
  const all = Buffer.concat(chunks);
  const hasHeader = all.length >= 24 && all.readUInt32LE(0) === 0xa1b2c3d4;
  const numbers = [];
  for (let at = hasHeader ? 24 : 0; at < all.length; at += 20) numbers.push(all.readUInt32LE(at + 16));
  return { numbers, headers: hasHeader ? 1 : 0 };
}
const numbers = async (upTo?: Place): Promise<number[]> => (await read(upTo)).numbers;

describe('a reader of growing savefiles', () => {
  test('gives the header once, whole records only, and what comes as it comes', async () => {
    expect(await numbers()).toEqual([]);
    write(place('capture.'), header().subarray(0, 20));
    expect(await numbers()).toEqual([]);
    append(place('capture.'), header().subarray(20), records(1, 2), records(3).subarray(0, 17));
    expect(await read()).toEqual({ numbers: [1, 2], headers: 1 });
    append(place('capture.'), records(3).subarray(17), records(4));
    expect(await read()).toEqual({ numbers: [3, 4], headers: 0 });
    expect(await numbers()).toEqual([]);
    expect(reader.packets).toBe(4);
  });

  test('goes over rotations by size and by time, and over starts and attempts, in the order of writing', async () => {
    write(place('20261122T000000Z.'), header(), records(1));
    write(place('20261122T000000Z.2'), header(), records(3));
    write(place('20261122T000000Z.10'), header(), records(4));
    write(place('20261122T000000Z.1'), header(), records(2));
    write(place('20261122T000100Z.'), header(), records(5));
    write(place('20261121T235959Z.', { attempt: 1, start: 2 }), header(), records(6));
    write(place('20261121T235950Z.', { attempt: 2, start: 1 }), header(), records(7));
    expect(await read()).toEqual({ numbers: [1, 2, 3, 4, 5, 6, 7], headers: 1 });
    write(place('20261121T235951Z.', { attempt: 2, start: 1 }), header());
    append(place('20261121T235951Z.', { attempt: 2, start: 1 }), records(8));
    expect(await numbers()).toEqual([8]);
  });

  test('reads what a file got last though the next one was seen first', async () => {
    write(place('capture.'), header(), records(1));
    expect(await numbers()).toEqual([1]);
    append(place('capture.'), records(2));
    write(place('capture.1'), header(), records(3));
    expect(await numbers()).toEqual([2, 3]);
  });

  test('finds the first file of a start whose folder was empty when it was seen', async () => {
    write(place('capture.'), header(), records(1));
    mkdirSync(join(folder, startFolder(1, 2)));
    expect(await numbers()).toEqual([1]);
    expect(await numbers()).toEqual([]);
    write(place('capture.', { attempt: 1, start: 2 }), header(), records(2));
    expect(await numbers()).toEqual([2]);
  });

  test('passes over what is damaged, and over a file that held no packet and is gone', async () => {
    write(place('capture.'), header(), records(1), Buffer.alloc(40, 0xff));
    write(place('capture.1'), Buffer.alloc(100, 0xee));
    write(place('capture.2'), header());
    expect(await numbers()).toEqual([1]);
    rmSync(pathOf(place('capture.2')));
    write(place('capture.3'), header(), records(2));
    expect(await numbers()).toEqual([2]);
  });

  test('takes records that are larger than most of its buffer, and many at a time', async () => {
    const large = Buffer.alloc(16 + 262_144);
    large.writeUInt32LE(262_144, 8);
    write(place('capture.'), header(), large, large, large, records(1));
    let bytes = 0;
    for (let chunk = await reader.read(); chunk; chunk = await reader.read()) bytes += chunk.length;
    expect(bytes).toBe(24 + 3 * large.length + 20);
    expect(reader.packets).toBe(4);
  });
});

describe('a reader that begins now', () => {
  test('gives the header at once and only what comes after', async () => {
    write(place('capture.'), header(), records(1, 2));
    expect(await reader.skip(undefined)).toEqual(header());
    append(place('capture.'), records(3));
    write(place('capture.1'), header(), records(4));
    expect(await read()).toEqual({ numbers: [3, 4], headers: 0 });
    expect(reader.packets).toBe(2);
  });

  test('begins where the open file was counted last, without reading it', async () => {
    write(place('capture.'), header(), records(1, 2, 3));
    await reader.skip({ ...place('capture.'), end: 24 + 40 });
    expect(await numbers()).toEqual([3]);
  });

  test('waits for the first file where there is none', async () => {
    expect(await reader.skip(undefined)).toBeUndefined();
    write(place('capture.'), header(), records(1));
    expect(await read()).toEqual({ numbers: [1], headers: 1 });
  });
});

describe('a savefile that goes', () => {
  test('is read up to its end before, with those before it, and not again', async () => {
    write(place('capture.'), header(), records(1));
    expect(await numbers()).toEqual([1]);
    append(place('capture.'), records(2));
    write(place('capture.1'), header(), records(3));
    write(place('capture.2'), header(), records(4));
    expect(reader.isPast(place('capture.1'))).toBe(false);
    expect(await numbers(place('capture.1'))).toEqual([2, 3]);
    reader.removed(place('capture.1'));
    for (const name of ['capture.', 'capture.1']) rmSync(pathOf(place(name)));
    expect(reader.isPast(place('capture.'))).toBe(true);
    expect(await numbers()).toEqual([4]);
    expect(reader.ended).toBeUndefined();
  });

  test('without a word before ends the stream: nobody knows what was in it', async () => {
    write(place('capture.'), header(), records(1));
    expect(await numbers()).toEqual([1]);
    rmSync(pathOf(place('capture.')));
    write(place('capture.1'), header(), records(3));
    expect(await numbers()).toEqual([]);
    expect(reader.ended).toBe('TooSlow');
  });

  test('was never kept open: the blocks of one that is removed are free at once', async () => {
    const open = new Set<object>();
    reader = new PacketReader({
      places: new Places(folder),
      buffer: newScanBuffer(),
      openFile: async (path) => {
        const file = await openRegular(path);
        const close = file.close.bind(file);
        open.add(file);
        file.close = () => (open.delete(file), close());
        return file;
      },
    });
    write(place('capture.'), header(), records(1));
    write(place('capture.1'), header(), records(2));
    expect(await numbers()).toEqual([1, 2]);
    expect(open.size).toBe(0);
  });
});

test('a file of another link type fits into no stream that began otherwise', async () => {
  write(place('capture.'), header(1), records(1));
  write(place('capture.', { attempt: 1, start: 2 }), header(276), records(2));
  expect(await numbers()).toEqual([1]);
  expect(reader.ended).toBe('LinkTypeChanged');
  expect(reader.packets).toBe(1);
});

describe('hostile: live', () => {
  test.each(['/etc/hostname', '/dev/zero', '/proc/self/environ'])('a link to %s in the place of a savefile → the stream ends, and nothing of it is in it', async (to) => {
    mkdirSync(join(folder, startFolder(1, 1)));
    symlinkSync(to, pathOf(place('capture.')));
    expect(await reader.read()).toBeUndefined();
    expect(reader.ended).toBe('TooSlow');
  });
});
