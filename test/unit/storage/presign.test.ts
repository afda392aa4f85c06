import { expect, test } from '@jest/globals';
import { PRESIGN_MAX_MS, presignedGets } from '../../../src/storage/presign.js';
import type { S3Location } from '../../../src/storage/s3/endpoint.js';

const KEYS = { accessKeyId: 'AKEXAMPLE', secretAccessKey: 'secret-of-the-bucket' };
const NOW = Date.UTC(2026, 10, 20, 3, 5, 12, 900);
const LOCATION: S3Location = { endpoint: 'https://s3.example.com:9000', region: 'eu-west-1', bucket: 'captures', addressing: 'Path' };
const sign = async (location: Partial<S3Location> = {}, keys: string[] = ['a/b.pcap'], credentials: object = {}, seconds = 900) => (await presignedGets({ ...LOCATION, ...location }, { ...KEYS, ...credentials }, keys, { seconds, nowMs: NOW })).map((url) => new URL(url));

test.each<[Partial<S3Location>, string, string]>([
  [{}, 'https://s3.example.com:9000', '/captures/a/b.pcap'],
  [{ addressing: 'VirtualHost' }, 'https://captures.s3.example.com:9000', '/a/b.pcap'],
  [{ endpoint: 'http://s3.storage.svc' }, 'http://s3.storage.svc', '/captures/a/b.pcap'],
  [{ endpoint: undefined, addressing: 'VirtualHost' }, 'https://captures.s3.eu-west-1.amazonaws.com', '/a/b.pcap'],
  // The wildcard of a certificate covers one label.
  [{ bucket: 'my.captures', addressing: 'VirtualHost' }, 'https://s3.example.com:9000', '/my.captures/a/b.pcap'],
])('%j is addressed at %s%s, and nothing is asked of it', async (location, origin, path) => {
  const [url] = await sign(location);
  expect([url?.origin, url?.pathname]).toEqual([origin, path]);
});

test('a URL is of one key, one region and so many seconds, and holds no secret key', async () => {
  const [url] = await sign();
  expect(Object.fromEntries(url?.searchParams ?? [])).toMatchObject({ 'X-Amz-Date': '20261120T030512Z', 'X-Amz-Expires': '900', 'X-Amz-Credential': 'AKEXAMPLE/20261120/eu-west-1/s3/aws4_request', 'X-Amz-SignedHeaders': 'host' });
  expect(url?.href).not.toContain(KEYS.secretAccessKey);
  const signatures = (await sign({}, ['a', 'b', 'a'])).map((u) => u.searchParams.get('X-Amz-Signature'));
  expect(signatures[0]).toBe(signatures[2]);
  expect(signatures[0]).not.toBe(signatures[1]);
});

test('temporary keys send their session along', async () => {
  const [url] = await sign({}, ['a'], { sessionToken: 'session+token/=' });
  expect(url?.searchParams.get('X-Amz-Security-Token')).toBe('session+token/=');
});

test('what would be read as another path or a query stays in the key', async () => {
  const [url] = await sign({}, ['a b+ü?x=1#%2F&/c.pcap']);
  expect(decodeURIComponent(url?.pathname ?? '')).toBe('/captures/a b+ü?x=1#%2F&/c.pcap');
  expect(url?.searchParams.get('x')).toBeNull();
});

test('no URL is longer than S3 takes', async () => {
  await expect(sign({}, ['a'], {}, PRESIGN_MAX_MS / 1000)).resolves.toHaveLength(1);
  await expect(sign({}, ['a'], {}, PRESIGN_MAX_MS / 1000 + 1)).rejects.toThrow('7 days');
});
