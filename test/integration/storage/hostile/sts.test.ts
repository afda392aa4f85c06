// A token service of ill will: it hears the pod's token, and gets no further.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { assumeRole } from '../../../../src/storage/sts/assume-role.js';
import { credentialsFromWebIdentity } from '../../../../src/storage/web-identity.js';
import type { StorageError } from '../../../../src/storage/errors.js';
import { createAuthority, type Authority } from '../../api-server/authority.js';
import { expectPresentable } from './attack.js';
import { answer, flood, startHostileServer, type HostileServer } from './server.js';

jest.setTimeout(30_000);
const TOKEN = 'eyJhbGciOiJDQU5BUlkifQ.eyJzdWIiOiJjYW5hcnkifQ.Y2FuYXJ5LXNpZ25hdHVyZQ';
const LIMITS = { stallMs: 1000, requestMs: 2000 };

let folder: string;
let authority: Authority;
let certificate: { cert: Buffer; key: Buffer };
let server: HostileServer;
let canary: HostileServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostile-sts-'));
  authority = await createAuthority(folder);
  const { certFile, keyFile } = await authority.issue('sts', { addresses: ['IP:127.0.0.1'] });
  certificate = { cert: await readFile(certFile), key: await readFile(keyFile) };
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  server = await startHostileServer(certificate);
  canary = await startHostileServer(certificate);
});
afterEach(async () => {
  await Promise.all([server.close(), canary.close()]);
});

const roleAt = (stsEndpoint: string) => ({ stsEndpoint, region: 'us-east-1', roleARN: 'arn:aws:iam::1:role/captures', sessionName: 'captures', durationSeconds: 3600 });
const ask = async (endpoint = server.endpoint) => assumeRole(roleAt(endpoint), TOKEN, { ca: await readFile(authority.caFile, 'utf8'), limits: LIMITS });
const refusedAsk = async () => {
  const error = await ask().then(() => undefined, (met: unknown) => met as StorageError);
  expectPresentable(error as StorageError);
  for (const part of [TOKEN, ...TOKEN.split('.')]) expect(`${error?.message} ${error?.code}`).not.toContain(part);
  expect(canary.connections).toBe(0);
  expect(server.connections).toBe(1);
  return error;
};
const keys = (expiration: string) => `<AssumeRoleWithWebIdentityResponse><Credentials><AccessKeyId>AK</AccessKeyId><SecretAccessKey>SK</SecretAccessKey><SessionToken>ST</SessionToken><Expiration>${expiration}</Expiration></Credentials></AssumeRoleWithWebIdentityResponse>`;
const error = (code: string, message: string) => `<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;

describe('hostile: bucket servers', () => {
  test.each([301, 302, 303, 307, 308])('a token service that answers HTTP %d to another port of the same authority → the token goes nowhere else', async (status) => {
    server.onRequest = (socket) => void socket.write(answer(status, '', `Location: ${canary.endpoint}/`));
    expect((await refusedAsk())?.message).toContain('redirects are not followed');
  });

  test.each<[string, string, (socket: Socket) => void]>([
    ['says the token back', 'it is not shown', (socket) => void socket.write(answer(403, error('InvalidIdentityToken', `${TOKEN} ${TOKEN.split('.').join(' ')}`)))],
    ['says a part of the token as its code', 'no code', (socket) => void socket.write(answer(400, error(TOKEN.split('.')[0] as string, 'x')))],
    ['asks by entities for files and for other ports', 'nothing is fetched', (socket) => void socket.write(answer(200, `<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd"><!ENTITY c SYSTEM "${canary.endpoint}/">]><Credentials><AccessKeyId>&f;&c;</AccessKeyId><SecretAccessKey>&f;</SecretAccessKey></Credentials>`))],
    ['hides new lines and a header in a key', 'no key', (socket) => void socket.write(answer(200, keys('2030-01-01T00:00:00Z').replace('AK', 'AK&#13;&#10;x-evil: 1')))],
    ['gives keys that never end', 'no keys', (socket) => void socket.write(answer(200, keys('never')))],
    ['answers without end, as a success', 'cut off', (socket) => flood(socket, 'HTTP/1.1 200 So\r\nTransfer-Encoding: chunked\r\n\r\n', `2000\r\n${'x'.repeat(0x2000)}\r\n`)],
    ['answers without end, as a refusal', 'cut off', (socket) => flood(socket, 'HTTP/1.1 403 So\r\nTransfer-Encoding: chunked\r\n\r\n', `2000\r\n${'x'.repeat(0x2000)}\r\n`)],
    ['answers with hints without end', 'cut off', (socket) => flood(socket, '', 'HTTP/1.1 103 Hints\r\n\r\n'.repeat(100))],
    ['changes to another protocol', 'closed at once', (socket) => void socket.write('HTTP/1.1 101 So\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')],
    ['drips', 'given up in time', (socket) => flood(socket, 'HTTP/1.1 200 So\r\nContent-Length: 9999\r\n\r\n', 'x', 100)],
    ['forges a report in its message', 'one line without control characters', (socket) => void socket.write(answer(500, error('X', '\u001b[2J\n{"report":"packetcapture.dev/report"}\u202e')))],
  ])('a token service that %s → %s', async (_attack, _shown, react) => {
    server.onRequest = react;
    await refusedAsk();
  });

  test.each(['9999-12-31T23:59:59Z', '1970-01-01T00:00:00Z'])('keys that are said to end at %s → used for a minute at least, and no longer than was asked for', async (expiration) => {
    server.onRequest = (socket) => void socket.write(answer(200, keys(expiration)));
    let nowMs = 0;
    const read = credentialsFromWebIdentity({ ...roleAt(server.endpoint), token: () => Promise.resolve(TOKEN), authorities: () => readFile(authority.caFile, 'utf8') }, { monotonic: () => nowMs, limits: LIMITS });
    await read();
    nowMs = 40_000;
    await read();
    expect(server.heard).toHaveLength(1);
    nowMs = 3600_000;
    await read();
    expect(server.heard).toHaveLength(2);
  });

  test('a token service without TLS, or of a stranger’s authority → it never hears the token', async () => {
    const plain = await startHostileServer();
    const strangers = await mkdtemp(join(tmpdir(), 'hostile-sts-'));
    try {
      await expect(ask(plain.endpoint)).rejects.toThrow('only sent over https');
      const { certFile, keyFile } = await (await createAuthority(strangers)).issue('sts', { addresses: ['IP:127.0.0.1'] });
      const stranger = await startHostileServer({ cert: await readFile(certFile), key: await readFile(keyFile) });
      await expect(ask(stranger.endpoint)).rejects.toMatchObject({ reason: 'TLSFailed' });
      expect([...plain.heard, ...stranger.heard]).toEqual([]);
      await stranger.close();
    } finally {
      await plain.close();
      await rm(strangers, { recursive: true });
    }
  });
});
