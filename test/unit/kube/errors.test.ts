import { expect, test } from '@jest/globals';
import { errorFromNetwork, errorFromResponse, errorFromStatus, isAlreadyExists, isConflict, isForbidden, isGone, isInvalid, isNotFound, isUnanswered } from '../../../src/kube/errors.js';

const status = (code: number, reason: string, message: string, details: object = {}): string => JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details });

test('speaks in the API server\'s own words', () => {
  const error = errorFromResponse(404, status(404, 'NotFound', 'pods "web-0" not found', { name: 'web-0', kind: 'pods' }));
  expect(error).toMatchObject({ name: 'KubeError', status: 404, reason: 'NotFound', message: 'pods "web-0" not found', details: { name: 'web-0' } });
  expect(isNotFound(error)).toBe(true);
});

test('a conflict is not an object that exists already', () => {
  const conflict = errorFromResponse(409, status(409, 'Conflict', 'modified'));
  const exists = errorFromResponse(409, status(409, 'AlreadyExists', 'exists'));
  expect([isConflict(conflict), isAlreadyExists(conflict)]).toEqual([true, false]);
  expect([isConflict(exists), isAlreadyExists(exists)]).toEqual([false, true]);
});

test.each([
  ['the header', errorFromResponse(429, '', '3')],
  ['the details', errorFromResponse(429, status(429, 'TooManyRequests', 'slow down', { retryAfterSeconds: 3 }))],
])('how long to wait is read from %s', (_, error) => {
  expect(error).toMatchObject({ status: 429, reason: 'TooManyRequests', retryAfterSeconds: 3 });
});

test('a date as Retry-After is not a number of seconds', () => {
  expect(errorFromResponse(503, '', 'Wed, 21 Oct 2026 07:28:00 GMT').retryAfterSeconds).toBeUndefined();
});

test('what a proxy in between says is kept short', () => {
  const error = errorFromResponse(502, `<html>\n  <h1>Bad Gateway</h1>${'x'.repeat(5000)}`);
  expect(error.reason).toBe('UnexpectedAnswer');
  expect(error.message).toMatch(/^HTTP 502: <html> <h1>Bad Gateway<\/h1>x+$/);
  expect(error.message.length).toBeLessThan(220);
});

test('the object of a watch\'s ERROR event is the same kind of error', () => {
  expect(isGone(errorFromStatus({ kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version: 1 (9)' }))).toBe(true);
  expect(errorFromStatus({ message: 'odd' })).toMatchObject({ status: 500, reason: 'InternalError', message: 'odd' });
  expect(errorFromStatus(undefined)).toMatchObject({ status: 500, reason: 'InternalError', message: 'InternalError' });
});

test('a network error keeps its cause, also where several addresses were tried', () => {
  const refused = new Error('connect ECONNREFUSED 10.0.0.1:443');
  expect(errorFromNetwork(refused)).toMatchObject({ status: 0, reason: 'NetworkError', message: 'connect ECONNREFUSED 10.0.0.1:443', cause: refused });
  expect(errorFromNetwork(new AggregateError([refused, new Error('other')])).message).toBe('connect ECONNREFUSED 10.0.0.1:443');
  expect(isUnanswered(errorFromNetwork('odd'))).toBe(true);
});

test('only a KubeError is any of these', () => {
  for (const is of [isNotFound, isConflict, isAlreadyExists, isForbidden, isInvalid, isGone, isUnanswered]) {
    expect(is(Object.assign(new Error('not ours'), { status: 404 }))).toBe(false);
    expect(is(undefined)).toBe(false);
  }
});
