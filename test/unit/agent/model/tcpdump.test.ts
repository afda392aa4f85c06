// The model writes what tcpdump writes: whole savefiles, closed at their size, torn only at their end.
import { expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { numbersIn, TcpdumpModel } from './tcpdump.js';

test('numbers are in files, each closed by the packet behind its size, and a torn record is seen', () => {
  const folder = mkdtempSync(join(tmpdir(), 'model-'));
  try {
    const tcpdump = new TcpdumpModel(folder, () => 100);
    for (let number = 0; number < 7; number += 1) tcpdump.write(number, 20);
    expect(readdirSync(folder).sort()).toEqual(['capture.', 'capture.1', 'capture.2']);
    const read = (name: string): number[] => numbersIn(readFileSync(join(folder, name)));
    expect([read('capture.'), read('capture.1'), read('capture.2')]).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    tcpdump.tear(7, 20);
    expect(() => read('capture.2')).toThrow('torn record: 95 bytes');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
