// Packets that tcpdump counted and its files lack are noticed, and since when they may be missing.
import { expect, test } from '@jest/globals';
import { WrittenCheck } from '../../../../src/agent/spool/written.js';

const check = new WrittenCheck();
test.each([
  ['nothing is known before the second count', { counted: 5, countedUs: 100, inFiles: 5, lastUs: 90 }, [false, undefined]],
  ['the file may be ahead of the count', { counted: 8, countedUs: 200, inFiles: 9, lastUs: 210 }, [false, 90]],
  ['the same count again says nothing new', { counted: 8, countedUs: 200, inFiles: 10, lastUs: 250 }, [false, 90]],
  ['a packet may be counted just before it is written', { counted: 11, countedUs: 300, inFiles: 10, lastUs: 250 }, [false, 90]],
  ['but not much before', { counted: 11, countedUs: 300, inFiles: 10, lastUs: 250 }, [true, 90]],
])('%s', (_, count, [isShort, writtenUs]) => {
  check.check(count);
  expect([check.isShort, check.writtenUs]).toEqual([isShort, writtenUs]);
});
