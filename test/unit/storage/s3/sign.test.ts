import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { hashed } from '../../../../src/storage/s3/hashed-body.js';
import type { S3Location } from '../../../../src/storage/s3/endpoint.js';
import { signed, type S3Request } from '../../../../src/storage/s3/sign.js';

const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret' };
const location = (override: Partial<S3Location> = {}): S3Location => ({ endpoint: 'http://s3.example.com:9000', region: 'eu-west-1', bucket: 'captures', addressing: 'Path', ...override });
const sign = (request: Partial<S3Request> = {}, at: Partial<S3Location> = {}, keys = credentials) => signed({ method: 'PUT', key: 'a/b.pcap', ...request }, location(at), keys);
const header = async (options: ReturnType<typeof sign>, name: string) => ((await options).headers as Record<string, string>)[name];

test.each([
  ['Path', 'http://s3.example.com:9000', 's3.example.com:9000', '/captures/a/b.pcap'],
  ['VirtualHost', 'http://s3.example.com:9000', 'captures.s3.example.com:9000', '/a/b.pcap'],
  ['Path', undefined, 's3.eu-west-1.amazonaws.com', '/captures/a/b.pcap'],
  ['VirtualHost', undefined, 'captures.s3.eu-west-1.amazonaws.com', '/a/b.pcap'],
] as const)('%s at %p asks %s for %s', async (addressing, endpoint, host, path) => {
  const options = sign({}, { addressing, endpoint });
  expect(await header(options, 'host')).toBe(host);
  expect((await options).path).toBe(path);
});

test('signs for the region, without asking the store where the bucket is', async () => {
  expect(await header(sign(), 'authorization')).toMatch(/^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/s3\/aws4_request, SignedHeaders=content-md5;/);
});

test('every body is vouched for: by its signed hash, and by Content-MD5', async () => {
  const body = Buffer.from('packets');
  expect(await header(sign({ body: hashed(body) }), 'x-amz-content-sha256')).toBe(createHash('sha256').update(body).digest('hex'));
  for (const endpoint of ['http://s3.example.com', 'https://s3.example.com']) {
    expect(await header(sign({ body: hashed(body) }, { endpoint }), 'content-md5')).toBe(createHash('md5').update(body).digest('base64'));
    expect(await header(sign({ body: hashed(body) }, { endpoint }), 'content-length')).toBe('7');
  }
});

test('a session token travels with the request', async () => {
  expect(await header(sign({}, {}, { ...credentials, sessionToken: 'token' } as typeof credentials), 'x-amz-security-token')).toBe('token');
  expect(await header(sign(), 'x-amz-security-token')).toBeUndefined();
});

test('keys are escaped once', async () => {
  expect((await sign({ key: "ns/a b+ü!'()*~.pcap" })).path).toBe('/captures/ns/a%20b%2B%C3%BC%21%27%28%29%2A~.pcap');
});
