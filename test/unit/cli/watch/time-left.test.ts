import { describe, expect, test } from '@jest/globals';
import { advanceOf } from '../../../../src/cli/watch/time-left.js';
import { CAPTURE_START, capture, completeCapture } from '../captures.js';

const at = (seconds: number): number => CAPTURE_START + seconds * 1000;

describe('of a capture that listens', () => {
  test('the time that is left of its duration', () => expect(advanceOf(capture(), at(54))).toEqual({ fraction: 0.45, words: '1m06s left of 2m' }));

  test('never less than none, nor more than all, whatever the clock of this machine says', () => {
    expect(advanceOf(capture(), at(500))).toEqual({ fraction: 1, words: '0s left of 2m' });
    expect(advanceOf(capture(), at(-500))).toEqual({ fraction: 0, words: '2m00s left of 2m' });
  });

  test('time in which it was suspended does not count', () => {
    const resumed = capture();
    resumed.status = { ...resumed.status, run: { ...resumed.status?.run, suspendedSeconds: 30 } };
    expect(advanceOf(resumed, at(90))?.words).toBe('1m00s left of 2m');
  });

  test('while it is suspended its time stands still', () => {
    const suspended = capture({ status: { phase: 'Suspended', conditions: [{ type: 'Capturing', status: 'False', reason: 'Suspended', lastTransitionTime: '2026-11-20T03:05:44Z' }] } });
    expect(advanceOf(suspended, at(500))).toEqual({ fraction: 0.25, words: 'suspended, 1m30s left of 2m' });
  });

  test('a flight recorder has no end', () => expect(advanceOf(capture({ spec: { duration: '0s' } }), at(3700))).toEqual({ words: '1h01m so far' }));
});

test('of one that delivers, how much is in the bucket', () => {
  const uploading = capture({ status: { phase: 'Uploading', packets: { captured: 120, uploaded: 80, pending: 20, discarded: 20 } } });
  expect(advanceOf(uploading, at(130))).toEqual({ fraction: 0.8, words: '80% of the packets are in the bucket' });
});

test('before and after there is nothing to tell', () => {
  expect(advanceOf(capture({ status: { phase: 'Starting', run: { id: 'x' } } }), at(0))).toBeUndefined();
  expect(advanceOf(completeCapture(), at(130))).toBeUndefined();
});
