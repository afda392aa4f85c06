import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bareETag, etagOfParts, isMD5ETag, isSinglePart, MIB, PART_BYTES, partBytesFor } from '../../../src/storage/etag.js';

const md5 = (content: string) => createHash('md5').update(content).digest();

test('is the MD5 of one request, also of an empty one', () => {
  expect(etagOfParts([md5('abc')], false)).toBe('900150983cd24fb0d6963f7d28e17f72');
  expect(etagOfParts([], false)).toBe('d41d8cd98f00b204e9800998ecf8427e');
});

test('is the MD5 of the MD5s of parts, with their number', () => {
  const expected = createHash('md5').update(Buffer.concat([md5('a'), md5('b')])).digest('hex');
  expect(etagOfParts([md5('a'), md5('b')], true)).toBe(`${expected}-2`);
});

test('parts are 8 MiB, and larger only where 10,000 of them do not suffice', () => {
  expect(partBytesFor(1)).toBe(PART_BYTES);
  expect(partBytesFor(10_000 * PART_BYTES)).toBe(PART_BYTES);
  expect(partBytesFor(10_000 * PART_BYTES + 1)).toBe(9 * MIB);
  fc.assert(fc.property(fc.integer({ min: 0, max: 5 * 1024 ** 4 }), (size) => Math.ceil(size / partBytesFor(size)) <= 10_000));
  expect([isSinglePart(PART_BYTES), isSinglePart(PART_BYTES + 1)]).toEqual([true, false]);
});

test.each([
  ['d41d8cd98f00b204e9800998ecf8427e', {}, true],
  ['d41d8cd98f00b204e9800998ecf8427e-12', {}, true],
  ['d41d8cd98f00b204e9800998ecf8427e', { 'x-amz-server-side-encryption': 'AES256' }, true],
  ['d41d8cd98f00b204e9800998ecf8427e', { 'x-amz-server-side-encryption': 'aws:kms' }, false],
  ['d41d8cd98f00b204e9800998ecf8427e', { 'x-amz-server-side-encryption': 'aws:kms:dsse' }, false],
  ['d41d8cd98f00b204e9800998ecf8427e', { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' }, false],
  ['0x8DA1B2C3', {}, false],
  ['', {}, false],
])('the ETag %p with headers %p is an MD5: %p', (etag, headers, expected) => {
  expect(isMD5ETag(etag, headers)).toBe(expected);
});

test.each([['"ab"', 'ab'], ['W/"ab"', 'ab'], ['ab', 'ab'], [undefined, ''], ['', ''], [`"${'a'.repeat(257)}"`, ''], ['"a\nb"', '']])('%p bare is %p', (header, bare) => {
  expect(bareETag(header)).toBe(bare);
});
