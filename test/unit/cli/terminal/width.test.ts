import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cutEnd, cutMiddle, padEnd, padStart, textWidth } from '../../../../src/cli/terminal/width.js';

describe('columns of a text', () => {
  test.each([
    ['web-0', 5],
    ['', 0],
    ['größe', 5],
    ['データ', 6],
    ['한국어', 6],
    ['ＡＢ', 4],
    ['📦', 2],
    ['e\u0301', 1],
    ['…', 1],
  ])('%j takes %i', (text, width) => expect(textWidth(text)).toBe(width));
});

describe('cut', () => {
  test('keeps what fits', () => {
    expect(cutEnd('web-0', 5)).toBe('web-0');
    expect(cutMiddle('web-0', 5)).toBe('web-0');
  });

  test('keeps the ends, by which pods of one workload tell themselves apart', () => {
    expect(cutMiddle('web-7d4f9c6b8f-x2x9q', 11)).toBe('web-7…x2x9q');
    expect(cutEnd('a long sentence', 7)).toBe('a long…');
  });

  test('halves no wide character', () => {
    expect(cutEnd('データ', 4)).toBe('デ…');
    expect(cutMiddle('データデータ', 6)).toBe('デ…タ');
  });

  test('of anything, is never wider than it may be', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, columns) => {
        expect(textWidth(cutEnd(text, columns))).toBeLessThanOrEqual(columns);
        expect(textWidth(cutMiddle(text, columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

test('padded texts fill their columns', () => {
  expect(padEnd('タ', 4)).toBe('タ  ');
  expect(padStart('12', 4)).toBe('  12');
  expect(padStart('12345', 4)).toBe('12345');
});
