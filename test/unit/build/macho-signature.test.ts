// The signature that macOS wants on arm64, of a small Mach-O file: read here field by field as cs_blobs.h has them.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const MODULE = fileURLToPath(new URL('../../../hack/build/cli/macho-signature.mjs', import.meta.url));
const SIGN = `import { signAdHoc } from ${JSON.stringify(MODULE)}; import { readFileSync, writeSync } from 'node:fs';
const signed = signAdHoc(readFileSync(0), 'the-name'); for (let at = 0; at < signed.length;) at += writeSync(1, signed, at);`;

function sign(file: Buffer): Buffer {
  const { status, stdout, stderr } = spawnSync('node', ['--input-type=module', '-e', SIGN], { input: file });
  if (status !== 0) throw new Error(stderr.toString());
  return stdout;
}

const segment = (name: string, fileOffset: number, fileSize: number): Buffer => {
  const command = Buffer.alloc(72);
  command.writeUInt32LE(0x19, 0);
  command.writeUInt32LE(72, 4);
  command.write(name, 8, 'latin1');
  [fileSize, fileOffset, fileSize].forEach((value, n) => command.writeBigUInt64LE(BigInt(value), 32 + 8 * n));
  return command;
};

/** Two segments: 16 KiB of text and the rest; without a place behind the load commands where `full`. */
function machO({ linkEdit = 5001, full = false } = {}): Buffer {
  const file = Buffer.alloc(0x4000 + 5001, 'code');
  const commands = Buffer.concat([segment('__TEXT', 0, 0x4000), segment('__LINKEDIT', 0x4000, linkEdit)]);
  file.fill(0, 0, 0x1000);
  [0xfeedfacf, 0x0100000c, 0, 2, 2, commands.length, 0x85, 0].forEach((word, n) => file.writeUInt32LE(word, 4 * n));
  commands.copy(file, 32);
  if (full) file.fill(1, 32 + commands.length, 0x1000);
  return file;
}

test('every page of the file is in the signature, which stands where its load command says, inside __LINKEDIT', () => {
  const file = machO();
  const signed = sign(file);
  // Behind the two segments.
  const at = 32 + 2 * 72;
  const [type, size, offset, bytes] = [0, 4, 8, 12].map((field) => signed.readUInt32LE(at + field)) as [number, number, number, number];
  expect([type, size, offset, offset + bytes]).toEqual([0x1d, 16, Math.ceil(file.length / 16) * 16, signed.length]);
  expect([signed.readUInt32LE(16), signed.readUInt32LE(20)]).toEqual([3, 2 * 72 + 16]);
  const linkEdit = 32 + 72;
  expect(signed.readBigUInt64LE(linkEdit + 40) + signed.readBigUInt64LE(linkEdit + 48)).toBe(BigInt(signed.length));
  expect(signed.readBigUInt64LE(linkEdit + 32) % 0x4000n).toBe(0n);
  expect(signed.readBigUInt64LE(linkEdit + 32)).toBeGreaterThanOrEqual(signed.readBigUInt64LE(linkEdit + 48));

  const blob = signed.subarray(offset);
  const [magic, , count, slot, directoryAt] = [0, 4, 8, 12, 16].map((field) => blob.readUInt32BE(field)) as [number, number, number, number, number];
  expect([magic, count, slot]).toEqual([0xfade0cc0, 1, 0]);
  const directory = blob.subarray(directoryAt);
  const [directoryMagic, length, version, flags, hashesAt, nameAt, specials, pages, codeBytes] = Array.from({ length: 9 }, (_, n) => directory.readUInt32BE(4 * n)) as [number, number, number, number, number, number, number, number, number];
  expect([directoryMagic, version, flags, specials, codeBytes]).toEqual([0xfade0c02, 0x20400, 0x20002, 0, offset]);
  expect([...directory.subarray(36, 40)]).toEqual([32, 2, 0, 12]);
  expect([64, 72, 80].map((field) => directory.readBigUInt64BE(field))).toEqual([0n, 0x4000n, 1n]);
  expect(directory.toString('latin1', nameAt, nameAt + 9)).toBe('the-name\0');
  expect(pages).toBe(Math.ceil(offset / 4096));
  expect(length).toBe(hashesAt + 32 * pages);
  for (let page = 0; page < pages; page += 1) {
    const hash = createHash('sha256').update(signed.subarray(page * 4096, Math.min((page + 1) * 4096, offset))).digest();
    expect([page, directory.subarray(hashesAt + 32 * page, hashesAt + 32 * page + 32).equals(hash)]).toEqual([page, true]);
  }
  expect(signed.subarray(0x1000, file.length).equals(file.subarray(0x1000))).toBe(true);
});

test.each([
  ['what is signed already', () => sign(machO()), 'has a signature already'],
  ['a file with no place for the load command', () => machO({ full: true }), 'no place for LC_CODE_SIGNATURE'],
  ['a file that goes on behind __LINKEDIT', () => machO({ linkEdit: 5000 }), '__LINKEDIT does not end the Mach-O file'],
  ['another kind of file', () => Buffer.from('#!/usr/bin/env node\n'), 'not a 64-bit Mach-O file'],
])('%s is refused', (_, file, said) => {
  expect(() => sign(file())).toThrow(said);
});
