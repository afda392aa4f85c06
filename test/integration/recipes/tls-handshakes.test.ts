// Handshakes that fail for one reason each, by what real servers and a real client make of certificates, names and versions; and one that takes its time.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAuthority, type Authority } from '../api-server/authority.js';
import { RecipeOnTrial, sideBySide } from './support/expectations.js';
import { Network, type Address, type Host } from './support/network.js';

const recipe = new RecipeOnTrial('tls-handshakes');
const network = new Network();
const folder = mkdtempSync(join(tmpdir(), 'recipe-tls-'));
let [known, stranger]: Authority[] = [];
let captured: Record<'good' | 'bad', string>;

const NAME = 'web.example';
const CIPHER = { client: { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' }, server: { ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384', maxVersion: 'TLSv1.2' } };

async function files(by: Authority | undefined, days = 2): Promise<{ key: string; cert: string }> {
  const { keyFile, certFile } = await (by as Authority).issue(NAME, { addresses: [`DNS:${NAME}`], days });
  return { key: keyFile, cert: certFile };
}

/** A server on a host of its own, and where it is. */
async function served(pod: Host, options: object): Promise<Address> {
  const server = network.host();
  const { second } = network.link(pod, server);
  await server.serve('tls-server.mjs', 8443, JSON.stringify(options));
  return second;
}

/** OpenSSL's own server, which alone ends a handshake for a name that it does not know. */
async function servedByName(pod: Host, { key, cert }: { key: string; cert: string }): Promise<Address> {
  const server = network.host();
  const { second } = network.link(pod, server);
  await server.serve('openssl', 's_server', '-www', '-accept', '8443', '-key', key, '-cert', cert, '-key2', key, '-cert2', cert, '-servername', NAME, '-servername_fatal');
  return second;
}

/** Asks by IPv4 and by IPv6; what came of it both times. */
async function connects(pod: Host, { v4, v6 }: Address, options: object = {}): Promise<unknown[]> {
  const asked = [v4, v6].map((host) => JSON.stringify({ host, port: 8443, servername: NAME, ...options }));
  return pod.does('tls-client.mjs', known?.caFile ?? '', ...asked);
}

/** OpenSSL's client, which verifies within the handshake and ends it with an alert. Node's verifies afterwards. */
async function opensslIsRefused(pod: Host, { v4, v6 }: Address, ...options: string[]): Promise<void> {
  for (const host of [v4, `[${v6}]`]) {
    const client = pod.begin('openssl', 's_client', '-connect', `${host}:8443`, '-servername', NAME, '-CAfile', known?.caFile ?? '', '-verify_return_error', ...options);
    await expect(client.ended).rejects.toThrow(/certificate verify failed/);
  }
}

const twice = (what: unknown): unknown[] => [what, what];

async function good(): Promise<string> {
  const pod = network.host();
  const server = await served(pod, await files(known));
  await connects(pod, server);
  return recipe.capturedBy(pod, async () => {
    expect(await connects(pod, server, { maxVersion: 'TLSv1.2' })).toEqual(twice('TLSv1.2'));
    expect(await connects(pod, server)).toEqual(twice('TLSv1.3'));
  });
}

async function bad(): Promise<string> {
  const pod = network.host();
  const [valid, expired, strangers] = await Promise.all([files(known), files(known, -1), files(stranger)]);
  const servers = {
    unknown: await served(pod, strangers),
    expired: await served(pod, expired),
    newOnly: await served(pod, { ...valid, minVersion: 'TLSv1.3' }),
    otherCipher: await served(pod, { ...valid, ...CIPHER.server }),
    otherName: await servedByName(pod, valid),
    slow: await served(pod, { ...valid, delayMs: 3000 }),
    resets: await served(pod, { ...valid, reset: true }),
  };
  return recipe.capturedBy(pod, async () => {
    for (const version of ['-tls1_2', '-tls1_3']) {
      await opensslIsRefused(pod, servers.unknown, version);
      await opensslIsRefused(pod, servers.expired, version);
    }
    const outcomes = {
      unknownToNode: await connects(pod, servers.unknown),
      newOnly: await connects(pod, servers.newOnly, { maxVersion: 'TLSv1.2' }),
      otherCipher: await connects(pod, servers.otherCipher, CIPHER.client),
      otherName: await connects(pod, servers.otherName, { servername: 'other.example' }),
      slow: await connects(pod, servers.slow),
      resets: await connects(pod, servers.resets),
    };
    expect(outcomes).toEqual({
      unknownToNode: twice('UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
      newOnly: twice('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'),
      otherCipher: twice('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'),
      otherName: twice('ERR_SSL_TLSV1_UNRECOGNIZED_NAME'),
      slow: twice('TLSv1.3'),
      resets: twice('ECONNRESET'),
    });
  });
}

beforeAll(async () => {
  [known, stranger] = await Promise.all(['known', 'stranger'].map((name) => {
    mkdirSync(join(folder, name));
    return createAuthority(join(folder, name));
  }));
  captured = await sideBySide({ good, bad });
}, 90_000);
afterAll(() => {
  recipe.remove();
  network.remove();
  rmSync(folder, { recursive: true });
});

test('of handshakes that succeed, the beginnings are shown and no problem', async () => {
  await recipe.expectShown(captured.good, { 'who asks for which name': 4, 'handshakes that were answered': 4 });
  const asked = await recipe.fields(captured.good, recipe.filter('who asks for which name'), ['tls.handshake.extensions_server_name']);
  expect(asked.flat()).toEqual(Array(4).fill(NAME));
});

test('each failure, by IPv4 and by IPv6, is shown by its filter; where Node does not know the authority, none is', async () => {
  await recipe.expectShown(captured.bad, {
    'who asks for which name': 20,
    // Neither where there is no version, cipher suite or name in common, nor where a reset came.
    'handshakes that were answered': 12,
    'alerts that ended a connection': 14,
    // OpenSSL's client, over TLS 1.2 and 1.3.
    'the client does not know the authority': 4,
    'the certificate has expired': 4,
    'no protocol version in common': 2,
    'no cipher suite or other parameter in common': 2,
    'the server does not serve that name': 2,
    'the server answered after more than a second': 2,
    'connections that were reset': 'some',
  });
  await recipe.expectAllColumns(captured.bad);
});

test('the page names nothing that was not seen here', () => recipe.expectAllTried());
