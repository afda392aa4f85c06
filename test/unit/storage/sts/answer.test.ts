import { expect, test } from '@jest/globals';
import { stsRefused } from '../../../../src/storage/sts/answer.js';

const refusal = (httpStatus: number, code?: string, message = 'Not authorized', headers = {}) =>
  stsRefused({ httpStatus, headers, errorBody: code === undefined ? '' : `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>` }, 'sts', 0, ['eyJhbGciOi.payload.signature', 'payload']);

test.each([
  [403, 'AccessDenied', 'AccessDenied'],
  [400, 'InvalidIdentityToken', 'AccessDenied'],
  [400, 'ExpiredTokenException', 'AccessDenied'],
  [404, undefined, 'AccessDenied'],
  [400, 'IDPCommunicationError', 'StoreError'],
  [400, 'Throttling', 'StoreError'],
  [429, undefined, 'StoreError'],
  [503, undefined, 'StoreError'],
  [301, undefined, 'StoreError'],
])('HTTP %d %s is %s', (httpStatus, code, reason) => {
  expect(refusal(httpStatus, code)).toMatchObject({ reason, message: expect.stringContaining(`HTTP ${httpStatus}`) });
});

test('a token service that is not there (404) is never taken for an object that is not there', () => {
  const error = refusal(404);
  expect(error.httpStatus).toBeUndefined();
  expect(error.concernsOneObject).toBe(false);
});

test('nor is a refusal (AccessDenied), which a bucket says of an object that is not there', () => {
  expect(refusal(403, 'AccessDenied').code).toBe('AssumeRoleWithWebIdentity');
});

test('neither the token nor a part of it is repeated, nor words without end', () => {
  expect(refusal(400, 'InvalidIdentityToken', 'token eyJhbGciOi.payload.signature: claim payload').message).toBe('sts: HTTP 400 InvalidIdentityToken: token (redacted): claim (redacted) (check that the role trusts the issuer, the audience and the service account of the token)');
  expect(refusal(400, 'AccessDenied', 'x'.repeat(9000)).message.length).toBeLessThan(600);
});

test('a redirect says so, and a wait that was asked for is kept', () => {
  expect(refusal(307).message).toContain('redirects are not followed');
  expect(refusal(503, undefined, '', { 'retry-after': '7' }).retryAfterMs).toBe(7000);
});
