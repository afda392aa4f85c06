import { expect, test } from '@jest/globals';
import { StorageError, unreachable, verificationFailed, type StorageErrorDetails } from '../../../src/storage/errors.js';

const error = (details: Partial<StorageErrorDetails>) => new StorageError({ reason: 'StoreError', message: 'm', ...details });

test.each([
  ['another content under the key', verificationFailed('m'), true],
  ['a damaged body', error({ httpStatus: 400 }), true],
  ['an upload that somebody aborted', error({ httpStatus: 404 }), true],
  ['an overloaded store', error({ httpStatus: 503 }), false],
  ['too many requests', error({ httpStatus: 429 }), false],
  ['wrong keys', error({ reason: 'AccessDenied', httpStatus: 403 }), false],
  ['expired keys, said with 400', error({ reason: 'AccessDenied', httpStatus: 400 }), false],
  ['no bucket', error({ reason: 'BucketNotFound', httpStatus: 404 }), false],
  ['no answer', error({ reason: 'BucketUnreachable' }), false],
])('%s concerns one object alone: %p', (_, e, expected) => {
  expect(e.concernsOneObject).toBe(expected);
});

test('a socket’s error keeps its code and says what to check', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:9000'), { code: 'ECONNREFUSED' });
  expect(unreachable(refused, 'PUT captures/a at s3:9000', [])).toMatchObject({
    reason: 'BucketUnreachable',
    code: 'ECONNREFUSED',
    httpStatus: undefined,
    message: 'PUT captures/a at s3:9000: connect ECONNREFUSED 10.0.0.1:9000 (nothing listens there: check the endpoint and its port)',
  });
});

test('the errors of a host’s several addresses are all shown', () => {
  const both = Object.assign(new AggregateError([new Error('connect 1'), new Error('connect 2')]), { code: 'ECONNREFUSED' });
  expect(unreachable(both, 'h', []).message).toContain('Error: connect 1; Error: connect 2');
});

test('credentials are never in the message', () => {
  expect(unreachable(new Error('bad header: AKSECRET/20260101'), 'h', ['AKSECRET']).message).toBe('h: bad header: (redacted)/20260101');
});
