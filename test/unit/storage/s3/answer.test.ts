import { expect, test } from '@jest/globals';
import { refused, type Refusal } from '../../../../src/storage/s3/answer.js';

const now = Date.parse('2026-11-20T03:05:00Z');
const error = (code: string, message = '') => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
const refusal = (override: Partial<Refusal>) => refused({ httpStatus: 500, headers: {}, body: '', request: 'PUT captures/a.pcap', ...override }, now, ['AKSECRET']);
const sameTime = 'Fri, 20 Nov 2026 03:05:01 GMT';
const hourLater = 'Fri, 20 Nov 2026 04:05:00 GMT';

test.each([
  ['wrong signature', { httpStatus: 403, body: error('SignatureDoesNotMatch') }, 'AccessDenied'],
  ['unknown key', { httpStatus: 403, body: error('InvalidAccessKeyId') }, 'AccessDenied'],
  ['expired token, said with 400', { httpStatus: 400, body: error('ExpiredToken') }, 'AccessDenied'],
  ['a 403 without a word', { httpStatus: 403, headers: { date: sameTime } }, 'AccessDenied'],
  ['a 401', { httpStatus: 401 }, 'AccessDenied'],
  ['a skewed clock', { httpStatus: 403, body: error('RequestTimeTooSkewed') }, 'ClockSkew'],
  ['a 403 without a word from an hour ahead', { httpStatus: 403, headers: { date: hourLater } }, 'ClockSkew'],
  ['no rights, from an hour ahead', { httpStatus: 403, headers: { date: hourLater }, body: error('AccessDenied') }, 'AccessDenied'],
  ['no bucket', { httpStatus: 404, body: error('NoSuchBucket') }, 'BucketNotFound'],
  ['an aborted upload', { httpStatus: 404, body: error('NoSuchUpload') }, 'StoreError'],
  ['a damaged body', { httpStatus: 400, body: error('BadDigest') }, 'StoreError'],
  ['an overloaded store', { httpStatus: 503, body: error('SlowDown') }, 'StoreError'],
  ['a redirect', { httpStatus: 307, headers: { location: 'http://169.254.169.254/' } }, 'StoreError'],
  ['a proxy’s page', { httpStatus: 502, body: '<html>Bad Gateway</html>' }, 'StoreError'],
])('%s is %3$s', (_, answer, reason) => {
  expect(refusal(answer)).toMatchObject({ reason, httpStatus: answer.httpStatus });
});

test('shows the store’s words and what to do', () => {
  expect(refusal({ httpStatus: 404, body: error('NoSuchBucket', 'The bucket &quot;captures&quot; does not exist') }).message).toBe(
    'PUT captures/a.pcap: HTTP 404 NoSuchBucket: The bucket "captures" does not exist (create the bucket, or check its name and the endpoint)',
  );
  expect(refusal({ httpStatus: 403, headers: { date: hourLater } }).message).toBe("PUT captures/a.pcap: HTTP 403 (the clocks differ by 60 minutes: set this node's clock, or the store's)");
  expect(refusal({ httpStatus: 301 }).message).toBe("PUT captures/a.pcap: HTTP 301 (redirects are not followed: check the destination's endpoint and region)");
});

test('what a hostile store says cannot carry keys, URLs’ queries, control characters or length into a condition', () => {
  const { message, code } = refusal({ body: error('<script>', `AKSECRET http://s3/a?X-Amz-Signature=1 \u001b[31m ${'x'.repeat(100_000)}`) });
  for (const hidden of ['AKSECRET', 'X-Amz', '\u001b']) expect(message).not.toContain(hidden);
  expect(message.length).toBeLessThan(600);
  expect(code).toBeUndefined();
});

test('keeps how long the store asked to be left alone', () => {
  expect(refusal({ httpStatus: 503, headers: { 'retry-after': '7' } }).retryAfterMs).toBe(7000);
});
