import { expect, test } from '@jest/globals';
import { parseConfig } from '../../../src/operator/config.js';

test('without flags everything has its default', () => expect(parseConfig([], {})).toMatchObject({ probeIntervalMs: 300_000, workers: 8, allowHostNetwork: false }));

test.each([
  [['--probe-interval', '0s'], '--probe-interval "0s": must be "1s" or more'],
  [['--probe-interval', 'often'], '--probe-interval "often": is no duration'],
  [['--workers', '0'], '--workers "0": must be a whole number from 1 to 256'],
])('%p is refused with the value and the fix', (args, words) => expect(() => parseConfig(args, {})).toThrow(words));
