// TLS of ill will: who does not prove the endpoint's name hears nothing.
import dns from 'node:dns';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createAuthority, type Authority } from '../../api-server/authority.js';
import { runChild } from '../child.js';
import { expectPresentable, never, storeAt } from './attack.js';
import { flood, startHostileServer, type HostileServer } from './server.js';

jest.setTimeout(60_000);

let folder: string;
let authority: Authority;
let stranger: Authority;
let certificate: { cert: Buffer; key: Buffer };
let strangers: { cert: Buffer; key: Buffer };
const servers: HostileServer[] = [];
const newAuthority = async (name: string) => {
  await mkdir(join(folder, name));
  return createAuthority(join(folder, name));
};
const issue = async (by: Authority, address: string) => {
  const { certFile, keyFile } = await by.issue('store', { addresses: [address] });
  return { cert: await readFile(certFile), key: await readFile(keyFile) };
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostile-tls-'));
  [authority, stranger] = await Promise.all([newAuthority('ours'), newAuthority('strangers')]);
  [certificate, strangers] = await Promise.all([issue(authority, 'IP:127.0.0.1,DNS:bucket.example'), issue(stranger, 'IP:127.0.0.1,DNS:bucket.example')]);
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const serve = async (options?: TlsOptions) => {
  const server = await startHostileServer(options);
  servers.push(server);
  return server;
};
const asked = async (endpoint: string) => {
  const store = storeAt(endpoint, { authorities: () => readFile(authority.caFile, 'utf8'), limits: { stallMs: 1000, requestMs: 3000 } });
  const error = await store.get('k', 100, never()).then(() => undefined, (met: unknown) => met);
  expectPresentable(error as never);
  return error;
};

describe('hostile: bucket servers', () => {
  test.each<[string, string, () => TlsOptions]>([
    ['a certificate of a stranger’s authority', 'TLSFailed', () => strangers],
    ['a chain of 1,000 certificates', 'BucketUnreachable', () => ({ ...certificate, cert: Buffer.concat(Array.from({ length: 1000 }, () => certificate.cert)) })],
    ['TLS 1.0 and nothing newer', 'BucketUnreachable', () => ({ ...certificate, minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' })],
    ['TLS 1.1 and nothing newer', 'BucketUnreachable', () => ({ ...certificate, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' })],
    ['ciphers without encryption', 'BucketUnreachable', () => ({ ...certificate, maxVersion: 'TLSv1.2', ciphers: 'NULL-SHA256:@SECLEVEL=0' })],
  ])('%s → %s, and nothing is sent', async (_, reason, options) => {
    const server = await serve(options());
    expect(await asked(server.endpoint)).toMatchObject({ reason });
    expect(server.heard).toEqual([]);
  });

  test('a demand for a certificate of the client’s → none is shown, the bucket is unreachable', async () => {
    const server = await serve({ ...certificate, requestCert: true, rejectUnauthorized: true });
    expect(await asked(server.endpoint)).toMatchObject({ reason: 'BucketUnreachable' });
    expect(server.heard).toEqual([]);
  });

  test.each<[string, (socket: net.Socket) => void]>([
    ['plain HTTP where TLS was asked for', (socket) => void socket.write('HTTP/1.1 301 No\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n')],
    ['a handshake that never goes on', () => undefined],
    ['noise without end instead of a handshake', (socket) => flood(socket, '', '\u0016\u0003\u0001\u0040\u0000'.padEnd(1000, 'x'))],
  ])('%s → unreachable in time, and no word in clear', async (_, react) => {
    let clear = '';
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined).on('data', (chunk: Buffer) => (clear += chunk.toString('latin1')));
      react(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      expect(await asked(`https://127.0.0.1:${(server.address() as net.AddressInfo).port}`)).toMatchObject({ reason: 'BucketUnreachable' });
      expect(clear).not.toMatch(/HTTP|captures|AWS4/);
    } finally {
      server.close();
    }
  });

  test('a name that also resolves to an address of somebody else’s → over TLS who cannot prove the name hears nothing', async () => {
    const imposter = await serve(strangers);
    const lookup = jest.spyOn(dns, 'lookup').mockImplementation(((_name: string, options: { all?: boolean }, done: (...answer: unknown[]) => void) => {
      setImmediate(() => (options.all ? done(null, [{ address: '127.0.0.1', family: 4 }, { address: '127.0.0.9', family: 4 }]) : done(null, '127.0.0.1', 4)));
    }) as never);
    expect(await asked(`https://bucket.example:${imposter.port}`)).toMatchObject({ reason: 'TLSFailed' });
    expect(lookup).toHaveBeenCalled();
    expect(imposter.heard).toEqual([]);
  });

  test('a certificate that the well-known authorities vouch for, where a private one is named → TLSFailed: it is trusted in their place, not beside them', async () => {
    const server = await serve(strangers);
    server.onRequest = (socket) => void socket.write('HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n');
    const env = { ENDPOINTS: server.endpoint, NODE_EXTRA_CA_CERTS: stranger.caFile };
    const { outcomes: trusting } = await runChild<{ outcomes: string[][] }>('hostile/client-process', env);
    expect(trusting[0]).toContain('nothing');
    const heard = server.heard.length;
    expect(heard).toBeGreaterThan(0);
    await mkdir(join(folder, 'mounted'));
    await writeFile(join(folder, 'mounted', 'ca.crt'), await readFile(authority.caFile));
    const { outcomes } = await runChild<{ outcomes: string[][] }>('hostile/client-process', { ...env, AUTHORITIES: join(folder, 'mounted') });
    expect(new Set(outcomes[0])).toEqual(new Set(['TLSFailed']));
    expect(server.heard).toHaveLength(heard);
  });
});
