import { describe, expect, test } from '@jest/globals';
import type { PacketCaptureStatus } from '../../../src/api/packetcapture-status.js';
import { statusDueIn } from '../../../src/operator/status-cadence.js';

const START = Date.parse('2026-11-20T03:05:12Z');
const status = (overrides: object = {}): PacketCaptureStatus => ({ phase: 'Capturing', run: { id: 'r', captureStartTime: '2026-11-20T03:05:12Z' }, packets: { captured: 1 }, files: { uploaded: 1 }, ...overrides });

describe('a status is written', () => {
  test.each([
    ['at once where there is none', undefined, status(), START, 0],
    ['never where nothing differs', status(), status(), START, undefined],
    ['at once when the phase turns', status(), status({ phase: 'Uploading' }), START, 0],
    ['at once with the first file', status({ files: { uploaded: 0 } }), status(), START, 0],
    ['after 2 s in the first minute where only counters moved', status(), status({ packets: { captured: 2 } }), START + 500, 1500],
    ['after 10 s later on', status(), status({ packets: { captured: 2 } }), START + 61_000, -51_000],
  ])('%s', (_when, before, after, nowMs, due) => {
    expect(statusDueIn(before, after, START, nowMs)).toBe(due !== undefined && due < 0 ? 0 : due);
  });
});
