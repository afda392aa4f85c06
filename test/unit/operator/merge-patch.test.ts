import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mergePatch } from '../../../src/operator/merge-patch.js';

/** RFC 7386's own algorithm. */
function apply(target: unknown, patch: unknown): unknown {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = target !== null && typeof target === 'object' && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = apply(result[key], value);
  }
  return result;
}

test.each([
  [{ a: 1, b: 2 }, { a: 1 }, { b: null }],
  [{ a: { x: 1, y: 2 } }, { a: { x: 1, y: 3 } }, { a: { y: 3 } }],
  [{ a: [1, 2] }, { a: [1] }, { a: [1] }],
  [{ a: [{ x: 1, y: 2 }] }, { a: [{ y: 2, x: 1 }] }, undefined],
  [{}, { a: undefined }, undefined],
])('%j to %j', (before, after, patch) => {
  expect(mergePatch(before, after)).toEqual(patch);
});

test('applied, it gives what was wanted', () => {
  const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.integer(), { maxLength: 3 }));
  const key = fc.constantFrom('a', 'b', 'c');
  const object = fc.dictionary(key, fc.oneof(leaf, fc.dictionary(key, leaf)));
  fc.assert(fc.property(object, object, (before, after) => {
    const patch = mergePatch(before, after);
    expect(patch === undefined ? before : apply(before, patch)).toEqual(after);
  }));
});
