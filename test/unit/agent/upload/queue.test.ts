import { expect, test } from '@jest/globals';
import { nextDue, nextDueMs, type Waiting } from '../../../../src/agent/upload/queue.js';

const waiting = (override: Partial<Waiting>): Waiting => ({ order: 0, small: false, failures: 0, notBeforeMs: 0, ...override });

test.each([
  ['the oldest', [waiting({ order: 2 }), waiting({ order: 1 })], 1],
  ['a manifest before files', [waiting({ order: 1 }), waiting({ order: 2, small: true })], 2],
  ['what failed less before what is older', [waiting({ order: 1, failures: 1 }), waiting({ order: 2 })], 2],
  ['a file before a manifest that keeps failing', [waiting({ order: 1, small: true, failures: 3 }), waiting({ order: 2 })], 2],
  ['what is due before what waits', [waiting({ order: 1, notBeforeMs: 101 }), waiting({ order: 2, notBeforeMs: 100 })], 2],
  ['nothing where nothing is due', [waiting({ notBeforeMs: 101 })], undefined],
  ['nothing of nothing', [], undefined],
])('next is %s', (_, all, order) => {
  expect(nextDue(all, 100)?.order).toBe(order);
});

test('knows when to look again', () => {
  expect(nextDueMs([waiting({ notBeforeMs: 7 }), waiting({ notBeforeMs: 5 })])).toBe(5);
  expect(nextDueMs([])).toBeUndefined();
});
