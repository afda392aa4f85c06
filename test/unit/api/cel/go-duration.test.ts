// The stand-in for time.ParseDuration against examples of Go's own tests.
import { expect, test } from '@jest/globals';
import { GoDuration } from './go-duration.js';

const SECOND = 1_000_000_000n;

test.each<[string, bigint]>([
  ['0', 0n],
  ['5s', 5n * SECOND],
  ['1478s', 1478n * SECOND],
  ['-5s', -5n * SECOND],
  ['+5s', 5n * SECOND],
  ['5.0s', 5n * SECOND],
  ['5.6s', 5_600_000_000n],
  ['5.s', 5n * SECOND],
  ['.5s', 500_000_000n],
  ['1.004s', 1_004_000_000n],
  ['1.0040s', 1_004_000_000n],
  ['100.00100s', 100_001_000_000n],
  ['11us', 11_000n],
  ['12µs', 12_000n],
  ['12μs', 12_000n],
  ['3h30m', 12_600n * SECOND],
  ['10.5s4m', 250_500_000_000n],
  ['1h2m3s4ms5us6ns', 3_723_004_005_006n],
  ['39h9m14.425s', 140_954_425_000_000n],
  ['52763797000ns', 52_763_797_000n],
  ['0.3333333333333333333h', 1_200n * SECOND],
  ['9007199254740993ns', 9_007_199_254_740_993n],
  ['9223372036854775807ns', 2n ** 63n - 1n],
  ['-2562047h47m16.854775808s', -(2n ** 63n)],
  ['0.100000000000000000000h', 360n * SECOND],
])('%s', (text, nanoseconds) => {
  expect(GoDuration.parse(text).nanoseconds).toBe(nanoseconds);
});

test.each(['', '3', '-', 's', '.', '-.', '.s', '+.s', '1d', '3000000h', '9223372036854775808ns', '9223372036854775.808us', '2562047h47m16.854775808s', '5 s', '1,5s'])('%j is none', (text) => {
  expect(() => GoDuration.parse(text)).toThrow('invalid duration');
});
