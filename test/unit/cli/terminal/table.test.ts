import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { tableLines, type Column } from '../../../../src/cli/terminal/table.js';
import { textWidth } from '../../../../src/cli/terminal/width.js';

const COLUMNS: Column[] = [
  { title: 'POD', align: 'left', shrink: { to: 8, cut: 'middle' } },
  { title: 'PACKETS', align: 'right' },
  { title: 'B/S', align: 'right', spare: 1 },
];
const ROWS = [['web-7d4f9c6b8f-x2x9q', '12', '1.2M'], ['タ', '12345678', '-']];

test('is as wide as its words where there is room', () => {
  expect(tableLines(COLUMNS, ROWS, 80)).toEqual([
    'POD                    PACKETS   B/S',
    'web-7d4f9c6b8f-x2x9q        12  1.2M',
    'タ                    12345678     -',
  ]);
});

test('shortens what may be shortened', () => {
  expect(tableLines(COLUMNS, ROWS, 28)).toEqual([
    'POD            PACKETS   B/S',
    'web-7d…x2x9q        12  1.2M',
    'タ            12345678     -',
  ]);
});

test('then leaves out what may be missed', () => {
  expect(tableLines(COLUMNS, ROWS, 20)[1]).toBe('web-7…2x9q        12');
});

test('is never wider than it may be', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 3, maxLength: 3 }), { maxLength: 5 }), fc.integer({ min: 0, max: 100 }), (rows, width) => {
      for (const line of tableLines(COLUMNS, rows, width)) expect(textWidth(line)).toBeLessThanOrEqual(width);
    }),
  );
});
