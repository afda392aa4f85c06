import { expect, test } from '@jest/globals';
import { DeliveryState } from '../../../../src/agent/upload/delivery-state.js';
import { StorageError, verificationFailed } from '../../../../src/storage/errors.js';

let nowMs = 0;
const at = (seconds: number) => (nowMs = seconds * 1000);
const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
const denied = (message = 'no') => new StorageError({ reason: 'AccessDenied', message, httpStatus: 403 });
function state() {
  const deliveries = new DeliveryState(() => nowMs);
  let changes = 0;
  deliveries.onChange(() => changes++);
  return { deliveries, changes: () => changes };
}

test('is well before the first try, and success of the first changes nothing', () => {
  const { deliveries, changes } = state();
  deliveries.succeeded('a');
  expect(deliveries.delivery).toEqual({ ok: true });
  expect(changes()).toBe(0);
});

test('says since when it fails, and why now', () => {
  const { deliveries, changes } = state();
  at(1);
  deliveries.failed('a', denied());
  at(2);
  deliveries.failed('b', denied('still no'));
  expect(deliveries.delivery).toEqual({ ok: false, reason: 'AccessDenied', httpStatus: 403, message: 'still no', since: iso(1) });
  deliveries.failed('b', denied('still no'));
  expect(changes()).toBe(2);
  at(3);
  deliveries.succeeded('a');
  expect(deliveries.delivery).toEqual({ ok: true, since: iso(3) });
});

test('one object that cannot be delivered is shown until it is delivered or given up, whatever others do', () => {
  const { deliveries } = state();
  deliveries.failed('bad', verificationFailed('another object is there'));
  deliveries.succeeded('good');
  expect(deliveries.delivery).toMatchObject({ ok: false, reason: 'VerificationFailed' });
  deliveries.givenUp('bad');
  expect(deliveries.delivery).toMatchObject({ ok: true });
});

test('what concerns the bucket stands before what concerns one object', () => {
  const { deliveries } = state();
  deliveries.failed('bad', verificationFailed('m'));
  deliveries.failed('good', denied());
  expect(deliveries.delivery).toMatchObject({ reason: 'AccessDenied' });
  deliveries.succeeded('good');
  expect(deliveries.delivery).toMatchObject({ reason: 'VerificationFailed' });
});
