// Token services that are not what they seem: each gets one request over TLS, says what a test wants, and learns nothing more.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createS3Store } from '../../../src/storage/s3.js';
import { assumeRole } from '../../../src/storage/sts/assume-role.js';
import { credentialsFromWebIdentity } from '../../../src/storage/web-identity.js';
import { createAuthority } from '../api-server/authority.js';
import { bucket, never } from './sandbox-bucket.js';

const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6eCJ9.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg';
const KEYS = '<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>AKTEMP</AccessKeyId><SecretAccessKey>secret-temp</SecretAccessKey><SessionToken>session</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>';

let folder: string;
let ca: string;
let server: Server;
let asked: { method: string | undefined; url: string | undefined; headers: IncomingMessage['headers']; form: URLSearchParams }[];
let answer: (response: ServerResponse) => void;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sts-'));
  const authority = await createAuthority(folder);
  const { certFile, keyFile } = await authority.issue('sts', { addresses: ['IP:127.0.0.1'] });
  ca = await readFile(authority.caFile, 'utf8');
  server = createServer({ cert: await readFile(certFile), key: await readFile(keyFile) }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      asked.push({ method: request.method, url: request.url, headers: request.headers, form: new URLSearchParams(Buffer.concat(chunks).toString()) });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}, 30_000);
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  asked = [];
  answer = (response) => response.end(KEYS);
});
afterEach(() => server.closeAllConnections());

const endpoint = (): string => `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
const role = () => ({ stsEndpoint: endpoint(), region: 'us-east-1', roleARN: 'arn:aws:iam::1:role/captures', sessionName: 'pktcap-run', durationSeconds: 3600 });
const ask = (options = {}) => assumeRole(role(), TOKEN, { ca, limits: { stallMs: 500, requestMs: 2000 }, ...options });
const refusal = (status: number, body = '', headers = {}) => (response: ServerResponse) => response.writeHead(status, headers).end(body);

test('is asked once, by a form in the body: nothing secret is in the address or a header', async () => {
  await expect(ask()).resolves.toEqual({ credentials: { accessKeyId: 'AKTEMP', secretAccessKey: 'secret-temp', sessionToken: 'session' }, expirationMs: Date.parse('2099-01-01T00:00:00Z') });
  expect(asked).toMatchObject([{ method: 'POST', url: '/' }]);
  expect(Object.fromEntries(asked[0]?.form ?? [])).toEqual({ Action: 'AssumeRoleWithWebIdentity', Version: '2011-06-15', RoleArn: 'arn:aws:iam::1:role/captures', RoleSessionName: 'pktcap-run', DurationSeconds: '3600', WebIdentityToken: TOKEN });
  expect(JSON.stringify(asked[0]?.headers)).not.toContain('eyJ');
});

test.each([301, 302, 307, 308])('a redirect (%d) is not followed', async (status) => {
  answer = refusal(status, '', { location: `${endpoint()}/elsewhere` });
  await expect(ask()).rejects.toMatchObject({ reason: 'StoreError', message: expect.stringContaining('redirects are not followed') });
  expect(asked).toHaveLength(1);
});

test.each<[string, (response: ServerResponse) => void, object]>([
  ['never answers', () => undefined, { reason: 'BucketUnreachable', message: expect.stringContaining('no byte in either direction') }],
  ['dribbles for ever', (response) => void drip(response), { reason: 'BucketUnreachable', message: expect.stringContaining('not done within 2 s') }],
  ['answers without end', (response) => response.end(Buffer.alloc(200_000, '<Credentials>')), { reason: 'StoreError', message: expect.stringContaining('more than 65536 bytes') }],
  ['breaks off', (response) => response.destroy(), { reason: 'BucketUnreachable' }],
  ['repeats the token as a refusal', refusal(400, `<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>bad ${TOKEN} of ${TOKEN.split('.')[1]}</Message></Error></ErrorResponse>`), { reason: 'AccessDenied', message: expect.stringContaining('bad (redacted) of (redacted)') }],
  ['repeats the token as keys', (response) => response.end(KEYS.replace('session', `${TOKEN}\n`.repeat(2))), { reason: 'StoreError', message: expect.stringContaining('has a SessionToken that none can be') }],
  ['gives keys with a refusal', refusal(403, KEYS), { reason: 'AccessDenied' }],
])('one that %s gives no keys, and its error shows nothing of the token', async (_, how, expected) => {
  answer = how;
  const error = await ask().then(() => 'keys', (e: Error) => e);
  expect(error).toMatchObject({ name: 'StorageError', ...expected });
  for (const part of TOKEN.split('.')) expect(String(error)).not.toContain(part);
});

test('one whose certificate is of an unknown authority gets no token', async () => {
  await expect(ask({ ca: undefined })).rejects.toMatchObject({ reason: 'TLSFailed' });
  expect(asked).toEqual([]);
});

test('nor does one without TLS', async () => {
  await expect(assumeRole({ ...role(), stsEndpoint: endpoint().replace('https', 'http') }, TOKEN, { ca })).rejects.toMatchObject({ reason: 'AccessDenied', message: expect.stringContaining('only sent over https') });
  expect(asked).toEqual([]);
});

test('an abort ends the waiting for it at once', async () => {
  answer = () => undefined;
  const store = createS3Store({ endpoint: bucket.endpoint, region: bucket.region, bucket: bucket.name, addressing: 'Path', credentials: credentialsFromWebIdentity({ ...role(), token: () => Promise.resolve(TOKEN), authorities: () => Promise.resolve(ca) }) });
  await expect(store.head('k', AbortSignal.timeout(200))).rejects.toMatchObject({ name: 'TimeoutError' });
});

test.each([403, 404])('one that says %d never makes an object look absent', async (status) => {
  answer = refusal(status, '<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>');
  const store = createS3Store({ endpoint: bucket.endpoint, region: bucket.region, bucket: bucket.name, addressing: 'Path', credentials: credentialsFromWebIdentity({ ...role(), token: () => Promise.resolve(TOKEN), authorities: () => Promise.resolve(ca) }) });
  await expect(store.head('k', never())).rejects.toMatchObject({ reason: 'AccessDenied', code: 'AssumeRoleWithWebIdentity', httpStatus: undefined });
});

async function drip(response: ServerResponse): Promise<void> {
  for (;;) {
    if (response.destroyed) return;
    response.write('<');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
