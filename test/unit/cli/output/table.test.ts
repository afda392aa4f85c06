import { describe, expect, test } from '@jest/globals';
import { tableText, type Table } from '../../../../src/cli/output/table.js';

const table: Table = {
  columnDefinitions: [{ name: 'Name', priority: 0 }, { name: 'Packets', priority: 0 }, { name: 'Filter', priority: 1 }],
  rows: [
    { cells: ['web', 12, 'tcp port 80'], object: { metadata: { namespace: 'shop' } } },
    { cells: ['a-longer-name', null, 'first line\nsecond'], object: { metadata: { namespace: 'bank' } } },
  ],
};
const layout = { wide: false, withNamespace: false, headers: true };

describe('a table', () => {
  test('has the columns of kubectl', () => {
    expect(tableText(table, layout)).toBe('NAME            PACKETS\nweb             12\na-longer-name   \n');
    expect(tableText(table, { ...layout, wide: true, withNamespace: true })).toBe(
      'NAMESPACE   NAME            PACKETS   FILTER\nshop        web             12        tcp port 80\nbank        a-longer-name             first line...\n',
    );
    expect(tableText(table, { ...layout, headers: false })).toBe('web             12\na-longer-name   \n');
  });
});

describe('hostile: terminal', () => {
  test('a cell and a header that would clear the screen → are shown as code points', () => {
    const hostile = { columnDefinitions: [{ name: 'N\u001b[2J', priority: 0 }], rows: [{ cells: ['\u001b]0;owned\u0007\u009b2J'], object: { metadata: { namespace: 'x\u001bc' } } }] };
    const text = tableText(hostile, { ...layout, withNamespace: true });
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{C}]/u);
    expect(text).toContain('\\u{1b}]0;owned\\u{7}\\u{9b}2J');
  });
});
