// The estimate of cost against what API servers said of the same.
import { expect, test } from '@jest/globals';
import type { JSONSchema } from '../../../../src/api/crd.js';
import { COST_LIMIT, estimatedCost } from './cost.js';

const text: JSONSchema = { type: 'string' };

test('a string without a limit is as long as a request', () => {
  // kubernetes/kubernetes, apiextensions-apiserver, schema/cel/compilation_test.go.
  expect(estimatedCost(text, `self.contains('test')`)).toBe(314_574);
});

test('a limit of length makes a pattern cheap', () => {
  const pattern = `self.matches('${'x'.repeat(200)}')`;
  expect(estimatedCost(text, pattern)).toBeGreaterThan(COST_LIMIT);
  expect(estimatedCost({ ...text, maxLength: 15 }, pattern)).toBeLessThan(500);
});

test('an integer in a message is never cheap enough', () => {
  // kubernetes/kubernetes#124234.
  const config: JSONSchema = { type: 'object', properties: { attempts: { type: 'integer' } } };
  expect(estimatedCost(config, `'invalid attempts: ' + string(self.attempts)`)).toBe(Infinity);
  expect(estimatedCost(config, 'self.attempts >= 0')).toBeLessThan(10);
});

test('a list without a limit is too long to look at each with a pattern', () => {
  const list = (maxItems?: number): JSONSchema => ({ type: 'array', items: { ...text, maxLength: 63 }, ...(maxItems && { maxItems }) });
  expect(estimatedCost(list(), `self.all(value, value.matches('^[a-z]+$'))`)).toBeGreaterThan(COST_LIMIT);
  expect(estimatedCost(list(64), `self.all(value, value.matches('^[a-z]+$'))`)).toBeLessThan(10_000);
});
