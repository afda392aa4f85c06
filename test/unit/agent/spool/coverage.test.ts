// Where a gap begins: never later than the first packet that may be missing.
import { expect, test } from '@jest/globals';
import { coveredUntil, type Ending } from '../../../../src/agent/spool/coverage.js';

const closing = { captured: 100, received: 100, droppedByKernel: 0 };
const ending = (over: Partial<Ending>): Ending => ({ listeningUs: 10, quietUs: undefined, lastPacketUs: 500, drainedUs: undefined, endUs: 900, countedUs: 700, closing, ...over });

test.each([
  ['closed in order with nothing waiting: its end', {}, 900],
  ['closed in order, what it dropped was counted: its end', { closing: { captured: 90, received: 100, droppedByKernel: 10 } }, 900],
  ['closed in order with packets waiting in the kernel: its last packet on disk', { closing: { captured: 90, received: 100, droppedByKernel: 0 } }, 500],
  ['counted twice on lo or any: its last packet on disk', { closing: { captured: 100, received: 200 } }, 500],
  ['the same, but quiet later: the quiet', { closing: { captured: 100, received: 200 }, quietUs: 800 }, 800],
  ['ended only after all that had arrived was written: that', { closing: { captured: 100, received: 200 }, drainedUs: 850 }, 850],
  ['killed: its last packet on disk', { closing: undefined }, 500],
  ['killed, its drops not counted since: its last count', { closing: undefined, countedUs: 400 }, 400],
  ['killed before it wrote or counted anything: when it began to listen', { closing: undefined, lastPacketUs: undefined, countedUs: undefined }, 10],
  ['killed after a quiet: the quiet', { closing: undefined, lastPacketUs: undefined, quietUs: 650 }, 650],
  ['closed in order, its disk full since a while: the last count that was on disk', { writtenUs: 300, quietUs: 800, drainedUs: 850 }, 300],
])('a tcpdump that %s', (_, over, expected) => expect(coveredUntil(ending(over))).toBe(expected));
