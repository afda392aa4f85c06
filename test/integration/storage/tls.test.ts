// A store whose certificate is of a private authority: who is trusted, who is not, in which words, and what a rotation does.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createUploader } from '../../../src/agent/upload/uploader.js';
import { authoritiesFromFolder } from '../../../src/storage/authorities.js';
import { createAuthority, type Authority, type Certificate } from '../api-server/authority.js';
import { startFaultProxy, type FaultProxy } from './fault-proxy.js';
import { bucket, never, ownPrefix, removeAll, sandboxStore } from './sandbox-bucket.js';

jest.setTimeout(30_000);

let folder: string;
let prefix: string;
let authority: Authority;
let proxy: FaultProxy | undefined;
const testEnd = new AbortController();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tls-'));
  prefix = ownPrefix();
  authority = await newAuthority('ours');
});
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
  await rm(folder, { recursive: true });
  await removeAll(prefix);
});

async function newAuthority(name: string): Promise<Authority> {
  await mkdir(join(folder, name));
  return createAuthority(join(folder, name));
}
const HERE = { addresses: ['IP:127.0.0.1'] };
async function serve({ certFile, keyFile }: Certificate, port = 0): Promise<FaultProxy> {
  return (proxy = await startFaultProxy(bucket.endpoint, { port, tls: { cert: await readFile(certFile), key: await readFile(keyFile) } }));
}
const storeAt = (endpoint: string) => sandboxStore({ endpoint, authorities: authoritiesFromFolder(folder) });
const trust = async (...trusted: Authority[]) => writeFile(join(folder, 'ca.crt'), (await Promise.all(trusted.map(({ caFile }) => readFile(caFile, 'utf8')))).join(''));

test('a private authority is trusted where it is named, alone or among others', async () => {
  const { endpoint } = await serve(await authority.issue('store', HERE));
  await trust(authority);
  await expect(storeAt(endpoint).head(`${prefix}none`, never())).resolves.toBeUndefined();
  await trust(await newAuthority('another'), authority);
  await expect(storeAt(endpoint).head(`${prefix}none`, never())).resolves.toBeUndefined();
});

describe('hostile: bucket servers', () => {
  test.each<[string, () => Promise<Certificate>, (() => Promise<Authority>) | undefined, string]>([
    ['of an authority that is not named', () => authority.issue('store', HERE), () => newAuthority('another'), 'of no trusted authority'],
    ['of an authority that nobody knows, where none is named', () => authority.issue('store', HERE), undefined, "s3.tls.caRef"],
    ['of another host', () => authority.issue('store', { addresses: ['DNS:elsewhere.example'] }), () => Promise.resolve(authority), 'of another host: check the endpoint'],
    ['that has expired', () => authority.issue('store', { ...HERE, days: -1 }), () => Promise.resolve(authority), 'has expired'],
  ])('a certificate %s → TLSFailed, in plain words, and nothing is sent', async (_, certificate, trusted, words) => {
    const { endpoint, seen } = await serve(await certificate());
    if (trusted) await trust(await trusted());
    await expect(storeAt(endpoint).head('k', never())).rejects.toMatchObject({ reason: 'TLSFailed', message: expect.stringContaining(words) });
    expect(seen).toEqual([]);
  });

  test('rubbish where the authorities stand → TLSFailed: the well-known ones do not take their place', async () => {
    const { endpoint } = await serve(await authority.issue('store', HERE));
    await writeFile(join(folder, 'ca.crt'), 'rubbish');
    await expect(storeAt(endpoint).head('k', never())).rejects.toMatchObject({ reason: 'TLSFailed' });
  });
});

test('an authority that is replaced while uploads go on is followed without a restart', async () => {
  const first = await serve(await authority.issue('store', HERE));
  await trust(authority);
  const up = createUploader({ store: storeAt(first.endpoint) });
  const path = join(folder, 'file');
  await writeFile(path, 'packets');
  const deliver = (name: string) => up.deliver({ key: `${prefix}${name}`, path, start: 0, end: 7, target: 't', packets: 1 }, testEnd.signal);
  await deliver('before');
  const next = await newAuthority('next');
  await first.close();
  await serve(await next.issue('store', HERE), Number(new URL(first.endpoint).port));
  const seen: (string | undefined)[] = [];
  up.onChange(() => {
    seen.push(up.delivery.reason);
    if (!up.delivery.ok) void trust(next);
  });
  await deliver('after');
  expect(seen).toEqual(['TLSFailed', undefined]);
  await expect(sandboxStore().get(`${prefix}after`, 10, never())).resolves.toEqual(Buffer.from('packets'));
});
