// The stand-in for resource.Quantity against what Kubernetes documents of it, and tests of its own.
import { describe, expect, test } from '@jest/globals';
import { Quantity } from './quantity.js';

const parse = (text: string): Quantity => {
  const quantity = Quantity.parse(text);
  if (quantity === undefined) throw new Error(`${text} is no quantity`);
  return quantity;
};

test.each(['1.5G', '200k', '1.3Gi', '10000k', '50000000G', '9999999999999999999999999999999999999G', '0', '.5', '5.', '1e3', '1E3', '12E', '-5', '+5', '100m', '1e-3'])('%s is a quantity', (text) => {
  expect(Quantity.parse(text)).toBeDefined();
});

test.each(['200K', 'Three', 'Mi', '1,3G', '', ' 1', '1 ', '1.2.3', '10MB', '5kb', '1e', '0x10', '1ki', 'e3', '٣'])('%j is none', (text) => {
  expect(Quantity.parse(text)).toBeUndefined();
});

test.each<[string, string, bigint]>([
  ['200M', '0.2G', 0n],
  ['50M', '50Mi', -1n],
  ['50Mi', '50M', 1n],
  ['1e3', '1k', 0n],
  ['1024', '1Ki', 0n],
  ['0.5Ki', '512', 0n],
  ['-1', '0', -1n],
  ['1000m', '1', 0n],
  ['9999999999999999999999999999999999999G', '1E', 1n],
])('%s compared to %s: %s', (left, right, order) => {
  expect(parse(left).compareTo(parse(right))).toBe(order);
});

describe('is an integer to Kubernetes', () => {
  test.each(['50000000G', '50k', '1Gi', '1.5M', '0'])('%s', (text) => {
    expect(parse(text).isInteger).toBe(true);
  });
});

describe('is no integer to Kubernetes, whole as it is', () => {
  test.each(['1.5Gi', '100Ti', '1.0', '9999999999999999999999999999999999999G'])('%s', (text) => {
    expect(parse(text).isInteger).toBe(false);
  });
});

test('what is below a billionth is rounded up to one', () => {
  expect(parse('0.0000000001').compareTo(parse('1n'))).toBe(0n);
  expect(parse('1.00000000009999999999').compareTo(parse('1000000001n'))).toBe(0n);
});

test('a binary suffix is capped at the largest int64', () => {
  expect(parse('99999999Ei').compareTo(parse('9223372036854775807'))).toBe(0n);
});

test('the approximate float may be off where the difference is exact', () => {
  const quantity = parse('5844767787361483.0');
  expect(quantity.asApproximateFloat).not.toBe(5844767787361483);
  expect(quantity.sub(Quantity.ofInteger(5844767787361483n)).sign).toBe(0n);
});

test('subtracts integers and quantities', () => {
  expect(parse('50k').sub(Quantity.ofInteger(20_000n)).compareTo(parse('30k'))).toBe(0n);
  expect(parse('50k').sub(parse('20k')).asApproximateFloat).toBe(30_000);
});
