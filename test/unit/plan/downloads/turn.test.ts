import { describe, expect, test } from '@jest/globals';
import { isAnswered, REFUSED_KEPT_MS, turnOf, type DownloadObject } from '../../../../src/plan/downloads/turn.js';
import { at, NOW } from '../builders.js';

const EXPIRY = 900_000;
const aDownload = (status?: object, generation = 1): DownloadObject => ({ metadata: { name: 'd', namespace: 'shop', uid: 'u', generation }, spec: {}, ...(status && { status }) });
const ready = (status: string, reason: string, sinceMs = 0) => ({ conditions: [{ type: 'Ready', status, reason, lastTransitionTime: at(sinceMs), observedGeneration: 1 }] });
const good = (endsMs: number) => ({ observedGeneration: 1, expirationTime: at(endsMs), ...ready('True', 'Signed') });
const bad = (reason: string, sinceMs: number) => ({ observedGeneration: 1, ...ready('False', reason, sinceMs) });
const turn = (download: DownloadObject) => turnOf(download, NOW, EXPIRY);

test('one that nobody has seen is answered', () => {
  expect(turn(aDownload())).toEqual({ do: 'answer' });
  expect(turn(aDownload({ observedGeneration: -1 }))).toEqual({ do: 'answer' });
});

test('an answer stands until its URLs end, and is removed then', () => {
  expect(turn(aDownload(good(5000)))).toEqual({ do: 'wait', forMs: 5000 });
  expect(turn(aDownload(good(0)))).toEqual({ do: 'remove' });
  expect(turn(aDownload(good(-5000)))).toEqual({ do: 'remove' });
});

test('an edited spec is answered anew, also when the former URLs have ended', () => {
  for (const status of [good(5000), good(-5000), bad('InvalidSpec', 0)]) expect(turn(aDownload(status, 2))).toEqual({ do: 'answer' });
  expect(isAnswered(aDownload(good(5000), 2))).toBe(false);
  expect(isAnswered(aDownload(good(5000)))).toBe(true);
});

test.each(['CaptureNotFound', 'NoRunYet', 'DestinationNotReady', 'AccessDenied', 'ManifestRefused'])('%s is tried again, and removed an hour after', (reason) => {
  expect(turn(aDownload(bad(reason, -1000)))).toEqual({ do: 'answer' });
  expect(turn(aDownload(bad(reason, -REFUSED_KEPT_MS)))).toEqual({ do: 'remove' });
});

test.each(['InvalidSpec', 'RunNotFound', 'TooManyFiles'])('%s stays so, and is removed an hour after', (reason) => {
  expect(turn(aDownload(bad(reason, -1000)))).toEqual({ do: 'wait', forMs: REFUSED_KEPT_MS - 1000 });
  expect(turn(aDownload(bad(reason, -REFUSED_KEPT_MS)))).toEqual({ do: 'remove' });
});

describe('hostile: tenant', () => {
  test.each([
    ['that ends in a thousand years', good(1000 * 365 * 86_400_000)],
    ['that ends never', { ...good(0), expirationTime: 'never' }],
    ['without an end', { observedGeneration: 1, ...ready('True', 'Signed') }],
    ['that was refused in a thousand years', bad('InvalidSpec', 1000 * 365 * 86_400_000)],
    ['that was refused at no time', { observedGeneration: 1, conditions: [{ type: 'Ready', status: 'False', reason: 'InvalidSpec' }] }],
  ])('a forged status %s → answered anew, so that it goes in its time', (_what, status) => expect(turn(aDownload(status))).toEqual({ do: 'answer' }));
});
