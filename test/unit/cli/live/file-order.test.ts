import { describe, expect, test } from '@jest/globals';
import { FileOrder } from '../../../../src/cli/live/file-order.js';

const RUN = '20261120T030512Z-1a2b3c';
const file = (target: string, sequence: number, attempt = 1) => ({ key: `p/shop/c/${RUN}/${target}_12345678/0${attempt}-${String(sequence).padStart(6, '0')}_20261120T030512Z.pcap`, url: 'u', size: 1, sha256: undefined });
const names = (files: { target: string; attempt: number; sequence: number }[]): string[] => files.map(({ target, attempt, sequence }) => `${target.charAt(0)}${attempt}.${sequence}`);

test('each file comes once, those of a target in their order', () => {
  const order = new FileOrder();
  expect(names(order.next(RUN, [file('a', 2), file('b', 1), file('a', 1)], false))).toEqual(['b1.1', 'a1.1', 'a1.2']);
  expect(names(order.next(RUN, [file('a', 1), file('a', 2), file('a', 3), file('b', 1), file('a', 1, 2)], false))).toEqual(['a1.3', 'a2.1']);
});

test('a file that is missing holds back those behind it, and no other target, for three looks', () => {
  const order = new FileOrder();
  const there = [file('a', 1), file('a', 3), file('b', 1)];
  expect(names(order.next(RUN, there, false))).toEqual(['a1.1', 'b1.1']);
  expect(names(order.next(RUN, there, false))).toEqual([]);
  expect(names(order.next(RUN, [...there, file('a', 2)], false))).toEqual(['a1.2', 'a1.3']);
  const later = [...there, file('a', 5)];
  expect([1, 2, 3].map(() => names(order.next(RUN, later, false)))).toEqual([[], [], ['a1.5']]);
});

test('of a capture that has ended nothing is waited for', () => {
  expect(names(new FileOrder().next(RUN, [file('a', 4)], true))).toEqual(['a1.4']);
});

test('what was there before is not shown, and what could not be had comes again', () => {
  const order = new FileOrder();
  order.skip(RUN, [file('a', 1)]);
  const [second] = order.next(RUN, [file('a', 1), file('a', 2)], false);
  expect(second?.sequence).toBe(2);
  order.putBack(second!);
  expect(names(order.next(RUN, [file('a', 1), file('a', 2)], false))).toEqual(['a1.2']);
});

describe('hostile: key', () => {
  test('a key that is none of the run → it is not asked for', () => {
    expect(new FileOrder().next(RUN, [{ ...file('a', 1), key: `p/${RUN}/../../etc/passwd` }, { ...file('a', 1), key: file('a', 1).key.replace(RUN, '20261120T030512Z-ffffff') }], true)).toEqual([]);
  });
});
