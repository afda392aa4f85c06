// Durations as Go writes and reads them.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatDuration, parseDurationMs } from '../../../src/api/duration.js';

describe('a Go duration in milliseconds', () => {
  test.each([
    ['0', 0],
    ['0s', 0],
    ['0h0m0s', 0],
    ['1ns', 1e-6],
    ['1us', 1e-3],
    ['1µs', 1e-3],
    ['100ms', 100],
    ['30s', 30_000],
    ['90s', 90_000],
    ['1m30s', 90_000],
    ['5m', 300_000],
    ['300s', 300_000],
    ['1h', 3_600_000],
    ['1.5h', 5_400_000],
    ['1h1h', 7_200_000],
    ['1s500ms', 1_500],
    // Where floating point would be a little off.
    ['1.1h', 3_960_000],
    ['2.3s', 2_300],
    ['0.1s0.2s', 300],
    ['8.7s', 8_700],
    // More digits than Go takes in.
    ['0.3333333333333333333h', 1_200_000],
    // Go's longest.
    ['2562047h', 2_562_047 * 3_600_000],
  ])('%s', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  test.each(['', '5', '5 m', '5min', '-5m', '+5m', '.5s', '5.s', '1d', 's', '5m ', ' 5m', '5M', '1e3s', '٣s', '5m\n', '2562048h', `${'9'.repeat(400)}h`])('%j is none', (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });
});

describe('as people write it', () => {
  test.each([
    [0, '0s'],
    [1, '0.001s'],
    [1_500, '1.5s'],
    [30_000, '30s'],
    [60_000, '1m'],
    [90_000, '1m30s'],
    [3_600_000, '1h'],
    [3_601_000, '1h1s'],
    [90_061_001, '25h1m1.001s'],
  ])('%d ms', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test('every whole number of milliseconds reads back as itself', () => {
    fc.assert(fc.property(fc.nat({ max: 2 ** 40 }), (ms) => {
      expect(parseDurationMs(formatDuration(ms))).toBe(ms);
    }));
  });
});

test('the sum of the parts, in any order', () => {
  const part = fc.tuple(fc.nat({ max: 10_000 }), fc.constantFrom('ms', 's', 'm', 'h'));
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  fc.assert(fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
    const text = parts.map(([n, u]) => `${n}${u}`).join('');
    expect(parseDurationMs(text)).toBe(parts.reduce((sum, [n, u]) => sum + n * unit[u], 0));
  }));
});
