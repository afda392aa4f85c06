// For how long files that the disk does not give back are waited for, and what is said meanwhile.
import { expect, test } from '@jest/globals';
import { Readable } from '../../../../src/agent/target/readable.js';

test('it is said while files cannot be read, and given up after ten seconds of it', () => {
  let nowMs = 0;
  const said: (string | undefined)[] = [];
  const readable = new Readable({ monotonic: () => nowMs }, (message) => said.push(message));
  const noAt = (ms: number): boolean => {
    nowMs = ms;
    return readable.no(new Error('EIO'));
  };
  readable.yes();
  expect(said).toEqual([]);
  expect([noAt(0), noAt(9999)]).toEqual([false, false]);
  readable.yes();
  expect([said[0], said.at(-1)]).toEqual([expect.stringContaining('EIO'), undefined]);
  expect([noAt(10_000), noAt(19_999), noAt(20_000)]).toEqual([false, false, true]);
});
