// Whither a bucket server would send its clients, and what it says of time: nobody goes, and nobody's clock is set.
import { describe, expect, jest, test } from '@jest/globals';
import { createUploader } from '../../../../src/agent/upload/uploader.js';
import { RETRY_AFTER_MAX_MS } from '../../../../src/storage/retry-after.js';
import { scene, storeAt, suffer, VERBS } from './attack.js';
import { answer } from './server.js';

jest.setTimeout(30_000);
const here = scene();

const wrong = (code: string) => `<Error><Code>${code}</Code><Message>m</Message></Error>`;
const RFC1123 = (at: string) => new Date(at).toUTCString();

describe('hostile: bucket servers', () => {
  test.each([301, 302, 303, 307, 308])('HTTP %d to the metadata service, to another port, to a file, to a store with keys in its name → not followed, and nothing is said where it led', async (status) => {
    const places = ['http://169.254.169.254/latest/meta-data/iam/security-credentials/', `${here.canary.endpoint}/captures/k`, 'file:///etc/passwd', `http://CANARYUSER:pw@127.0.0.1:${here.canary.port}/`, `//127.0.0.1:${here.canary.port}/`, '/other-bucket/k', 'http://[fd00:ec2::254]/'];
    for (const place of places) {
      for (const verb of [VERBS.head, VERBS.get, VERBS.put, VERBS.list, VERBS.remove]) {
        here.server.heard.length = 0;
        here.server.onRequest = (socket) => void socket.write(answer(status, wrong('PermanentRedirect').replace('</Error>', `<Endpoint>127.0.0.1:${here.canary.port}</Endpoint></Error>`), `Location: ${place}`));
        const { error } = await suffer(here, verb);
        expect(error).toMatchObject({ reason: 'StoreError', httpStatus: status, message: expect.stringContaining('redirects are not followed') });
        expect(error?.message).not.toContain(place);
        expect(here.server.heard.map(({ path }) => path.split('?')[0]).filter((path) => path?.startsWith('/captures/next') === false)).toHaveLength(1);
      }
    }
  });

  test.each([200, 301, 400, 403])('a header, with HTTP %d, that the bucket is in another region, at another host, under another alternative service → signed and sent as the destination says', async (status) => {
    for (let i = 0; i < 2; i++) {
      here.server.onRequest = (socket) =>
        void socket.write(answer(status, wrong('AuthorizationHeaderMalformed').replace('</Error>', '<Region>evil-1</Region></Error>'), 'x-amz-bucket-region: evil-1', `Alt-Svc: h2="127.0.0.1:${here.canary.port}"; persist=1`, `Refresh: 0; url=${here.canary.endpoint}`, `Link: <${here.canary.endpoint}>; rel=preconnect`));
      await suffer(here, VERBS.get);
    }
    expect(here.server.heard.every(({ headers }) => headers['authorization']?.includes('/us-east-1/s3/aws4_request') && headers['host'] === `127.0.0.1:${here.server.port}`)).toBe(true);
  });

  test.each(['1970-01-01', '9999-12-31', 'rubbish'])('a Date of %s, and RequestTimeTooSkewed for ever → ClockSkew, and the next request is signed by this clock', async (date) => {
    const header = date === 'rubbish' ? 'Date: \u00ff -1 Foo' : `Date: ${RFC1123(date)}`;
    for (const [status, code] of [[403, 'RequestTimeTooSkewed'], [403, ''], [400, 'RequestInTheFuture'], [200, '']] as const) {
      here.server.onRequest = (socket) => void socket.write(answer(status, code && wrong(code), header, 'x-amz-date: 19700101T000000Z'));
      const { error } = await suffer(here, VERBS.get);
      if (code) expect(error?.reason).toBe('ClockSkew');
    }
    for (const { headers } of here.server.heard) {
      const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(headers['x-amz-date'] ?? '') ?? [];
      expect(Math.abs(Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`) - Date.now())).toBeLessThan(60_000);
    }
  });

  test.each(['1000000000', '99999999999999999999999', '-5', '0', 'NaN', '1e9', RFC1123('9999-12-31'), RFC1123('1970-01-01'), '1, 2', 'x'.repeat(10_000)])('Retry-After: %.40s → a minute at most, and never at once', async (header) => {
    const waits: number[] = [];
    const stop = new AbortController();
    here.server.onRequest = (socket) => void socket.write(answer(503, wrong('SlowDown'), `Retry-After: ${header}`));
    const uploader = createUploader({
      store: storeAt(here.server.endpoint),
      sleep: (ms) => {
        waits.push(ms);
        stop.abort(new Error('seen'));
        return new Promise(() => undefined);
      },
    });
    await expect(uploader.putSmall('k', Buffer.from('x'), 'x/y', stop.signal)).rejects.toThrow('seen');
    expect(waits[0]).toBeGreaterThanOrEqual(200);
    expect(waits[0]).toBeLessThanOrEqual(RETRY_AFTER_MAX_MS);
  });
});
