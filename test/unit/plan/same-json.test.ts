// Equality of what the API server stores.
import { expect, test } from '@jest/globals';
import { canonical, isSameJSON } from '../../../src/plan/identity.js';

const values = [null, true, 0, 1, '', 'a', '1', [], [1], [1, 2], [2, 1], [[1]], {}, { a: 1 }, { a: 1, b: 2 }, { b: 2, a: 1 }, { a: null }, { a: undefined }, { a: {} }, { a: [] }, { a: { b: [{ c: 1 }] } }, { a: { b: [{ c: 2 }] } }, { constructor: 1 }, { toString: 'a' }, JSON.parse('{"__proto__": {}}'), JSON.parse('{"__proto__": 1}')] as unknown[];

test('two values are the same where their texts with sorted keys are', () => {
  for (const a of values) for (const b of values) expect([a, b, isSameJSON(a, b)]).toEqual([a, b, canonical(a) === canonical(b)]);
});
