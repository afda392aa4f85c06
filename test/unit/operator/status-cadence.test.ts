import { describe, expect, test } from '@jest/globals';
import type { PacketCaptureStatus } from '../../../src/api/packetcapture-status.js';
import { statusDueIn } from '../../../src/operator/status-cadence.js';

const START = Date.parse('2026-11-20T03:05:12Z');
const status = (overrides: object = {}): PacketCaptureStatus => ({ phase: 'Capturing', run: { id: 'r', captureStartTime: '2026-11-20T03:05:12Z' }, packets: { captured: 1 }, files: { uploaded: 1 }, ...overrides });

describe('a status is written', () => {
  test.each([
    ['at once where there is none', undefined, status(), 0, 500, 0],
    ['never where nothing differs', status(), status(), 0, 500, undefined],
    ['at once when the phase turns', status(), status({ phase: 'Uploading' }), 0, 500, 0],
    ['at once with the first file', status({ files: { uploaded: 0 } }), status(), 0, 500, 0],
    ['at once with a snapshot that is complete', status({ snapshots: [{ token: 't' }] }), status({ snapshots: [{ token: 't', completionTime: '2026-11-20T03:05:12Z' }] }), 0, 500, 0],
    ['2 s after the last time in the first minute, where only counters moved', status(), status({ packets: { captured: 2 } }), 0, 500, 1500],
    ['10 s after the last time later on', status(), status({ packets: { captured: 2 } }), 58_000, 61_000, 7000],
  ])('%s', (_when, before, after, writtenMs, nowMs, due) => {
    expect(statusDueIn(before, after, START + writtenMs, START + nowMs)).toBe(due);
  });
});
