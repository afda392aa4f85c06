// Quantities as Kubernetes writes and reads them, of bytes.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatBytes, parseBytes } from '../../../src/api/quantity.js';

describe('a quantity in bytes', () => {
  test.each<[string | number, number]>([
    ['0', 0],
    ['1', 1],
    [1048576, 1048576],
    [0, 0],
    ['1k', 1000],
    ['1Ki', 1024],
    ['10M', 10_000_000],
    ['10Mi', 10_485_760],
    ['1G', 1e9],
    ['1Gi', 2 ** 30],
    ['2Ti', 2 ** 41],
    ['1P', 1e15],
    ['1Pi', 2 ** 50],
    ['0.5Gi', 2 ** 29],
    ['.5k', 500],
    ['1.', 1],
    ['1.500k', 1500],
    ['1e3', 1000],
    ['1E3', 1000],
    ['12e6', 12_000_000],
    // Where floating point would be a little off.
    ['1.1G', 1_100_000_000],
    ['2.3M', 2_300_000],
    ['4.35k', 4350],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('%s', (quantity, bytes) => {
    expect(parseBytes(quantity)).toBe(bytes);
  });

  test.each<string | number>(['', '10X', '10m', '1u', '1n', '1K', '1ki', '1 M', '-1', '+1', '1M ', '10MB', 'M', '.', '1e', '1e+3', '0x10', '0.1', '1.0001k', '0.3Ki', '10P', '1E', '1e99', '9007199254740992', `1${'0'.repeat(400)}`, -1, 1.5, Number.NaN, 2 ** 53])(
    '%j is none, or no whole number that fits',
    (quantity) => {
      expect(parseBytes(quantity)).toBeUndefined();
    },
  );

  test('an integer and its text are the same', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (n) => {
      expect(parseBytes(String(n))).toBe(n);
      expect(parseBytes(n)).toBe(n);
    }));
  });

  test('three digits after the point are a thousandth of the next suffix', () => {
    fc.assert(fc.property(fc.nat({ max: 9_000_000 }), fc.constantFrom(['M', 'k'], ['G', 'M'], ['T', 'G']), (n, [large, small]) => {
      const padded = String(n).padStart(4, '0');
      expect(parseBytes(`${padded.slice(0, -3)}.${padded.slice(-3)}${large}`)).toBe(parseBytes(`${n}${small}`));
    }));
  });
});

describe('for people', () => {
  test.each([
    [0, '0'],
    [999, '999'],
    [1000, '1k'],
    [1999, '1.9k'],
    [9_990, '9.9k'],
    [10_000, '10k'],
    [999_999, '999k'],
    [1_000_000, '1M'],
    [524_288_000, '524M'],
    [1_500_000_000, '1.5G'],
    [2e15, '2000T'],
  ])('%d', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test('it is a quantity, never more than the bytes and less by under a tenth', () => {
    fc.assert(fc.property(fc.nat({ max: 2 ** 50 }), (bytes) => {
      const shown = parseBytes(formatBytes(bytes)) as number;
      expect(shown).toBeLessThanOrEqual(bytes);
      expect(bytes - shown).toBeLessThanOrEqual(bytes / 10);
    }));
  });
});
