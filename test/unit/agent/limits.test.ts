// When capturing ends, and how soon the next look is.
import { describe, expect, test } from '@jest/globals';
import { runLimitReached, targetLimitReached } from '../../../src/agent/limits.js';
import { nextLookMs } from '../../../src/agent/pace.js';
import { emptyLedger } from '../../../src/protocol/ledger.js';
import type { Control } from '../../../src/protocol/control.js';

const control = (over: Partial<Control>): Control => ({ version: 1, podUID: 'p', attempt: 1, targets: [], follows: false, remainingMs: 60_000, limits: {}, suspend: false, snapshot: null, live: null, stop: null, ...over });

describe('all capturing ends', () => {
  test.each([
    ['when its time is over', {}, 60_000, 'Duration'],
    ['not before', {}, 59_999, undefined],
    ['never where there is no limit', { remainingMs: 0 }, 1e12, undefined],
    ['not before anything was captured', { remainingMs: 1 }, undefined, undefined],
    ['when control says so, with its reason', { stop: { reason: 'Superseded' } }, undefined, 'Superseded'],
  ])('%s', (_, over, capturedMs, reason) => expect(runLimitReached(control(over), capturedMs)).toBe(reason));
});

describe('a target ends', () => {
  test.each([
    ['at its packets', { maxPackets: 10 }, 10, 0, 'MaxPackets'],
    ['at its bytes', { maxSizeBytes: 1000 }, 0, 1000, 'MaxSize'],
    ['not before', { maxPackets: 10, maxSizeBytes: 1000 }, 9, 999, undefined],
    ['never without a limit', {}, 1e9, 1e12, undefined],
  ])('%s', (_, limits, packets, bytes, reason) => {
    const ledger = emptyLedger();
    ledger.packets.captured = packets;
    ledger.bytes.captured = bytes;
    expect(targetLimitReached(ledger, limits)).toBe(reason);
  });
});

test.each<[boolean, number, number, boolean?]>([
  [false, 0, 500],
  [true, 1e9, 100],
  [true, 21e6, 50],
  [true, 1e6, 10],
  [true, -5, 10],
  [true, -5, 1150, true],
  [false, 0, 500, true],
])('capturing %s with %s bytes free, the next look is in %s ms', (capturing, free, ms, still = false) => expect(nextLookMs(capturing, free, still)).toBe(ms));
