import { expect, test } from '@jest/globals';
import { parseConfig } from '../../../src/operator/config.js';

test('without flags everything has its default', () => expect(parseConfig([], {})).toMatchObject({ probeIntervalMs: 300_000, workers: 8, allowHostNetwork: false }));

test('as many captures run as the platform allows, and 0 is any number', () => {
  expect(parseConfig([], {})).toMatchObject({ maxCapturesPerNamespace: 20, maxCapturesPerNode: 20, maxTargets: 50 });
  expect(parseConfig(['--max-captures-per-namespace', '0', '--max-captures-per-node=0'], {})).toMatchObject({ maxCapturesPerNamespace: Infinity, maxCapturesPerNode: Infinity });
});

test('a capture container is privileged, unless capabilities are asked for', () => {
  expect(parseConfig([], {}).capturePrivileges).toBe('Privileged');
  expect(parseConfig(['--capture-privileges=Capabilities'], {}).capturePrivileges).toBe('Capabilities');
});

test('of captured bytes there is no cap, unless one is set', () => {
  expect(parseConfig([], {}).maxSizeBytes).toBe(Infinity);
  expect(parseConfig(['--max-size', '10G'], {}).maxSizeBytes).toBe(10e9);
});

test.each([
  [['--probe-interval', '0s'], '--probe-interval "0s": must be "1s" or more'],
  [['--probe-interval', 'often'], '--probe-interval "often": is no duration'],
  [['--max-spool', '7M'], '--max-spool "7M": must be "8M" or more, the least that a capture can ask for'],
  [['--max-buffer-size', 'big'], '--max-buffer-size "big": is no quantity of bytes; write for example "10Gi"'],
  [['--max-snap-length', '262145'], '--max-snap-length "262145": must be a whole number from 16 to 262144'],
  [['--capture-privileges', 'None'], '--capture-privileges "None": must be Privileged or Capabilities'],
  [['--download-expiry', '169h'], '--download-expiry "169h": must be "168h" or less'],
  [['--download-expiry', '0s'], '--download-expiry "0s": must be "1s" or more'],
  [['--workers', '0'], '--workers "0": must be a whole number from 1 to 256'],
])('%p is refused with the value and the fix', (args, words) => expect(() => parseConfig(args, {})).toThrow(words));

test('a leader stops before another may begin', () => {
  expect(parseConfig([], {}).election).toEqual({ leaseDurationMs: 12_000, renewDeadlineMs: 8000, retryPeriodMs: 1500 });
  expect(parseConfig(['--leader-elect=false'], {}).election).toBeUndefined();
  expect(parseConfig(['--leader-elect'], {}).election).toBeDefined();
});

test.each([
  [['--leader-elect-lease-duration=8s'], '--leader-elect-renew-deadline: must be shorter than --leader-elect-lease-duration'],
  [['--leader-elect-lease-duration=12500ms'], '--leader-elect-lease-duration: must be whole seconds'],
  [['--leader-elect-retry-period=4s'], '--leader-elect-retry-period: must be shorter than half of --leader-elect-renew-deadline'],
  [['--leader-elect=maybe'], '--leader-elect "maybe": must be true or false'],
])('%p is no election', (args, words) => expect(() => parseConfig(args, {})).toThrow(words));
