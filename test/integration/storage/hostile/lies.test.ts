// A bucket server that lies of what it has: what can be known is found out, and what cannot is said.
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { createUploader } from '../../../../src/agent/upload/uploader.js';
import { bytesBody } from '../../../../src/storage/body.js';
import { PART_BYTES } from '../../../../src/storage/etag.js';
import { probe } from '../../../../src/storage/probe.js';
import { abortUnfinished, findSent, putOnce } from '../../../../src/storage/verified-put.js';
import { never, scene, suffer, VERBS } from './attack.js';
import { answer, flood, type Heard } from './server.js';

jest.setTimeout(30_000);
const here = scene();

const small = Buffer.from('packets');
const large = Buffer.alloc(PART_BYTES + 1, 'p');
const md5 = (body: Buffer) => createHash('md5').update(body).digest('hex');
/** A HEAD's answer: it announces a body and has none. */
const has = (size: number | string, ...headers: string[]) => `HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`;
/** Takes everything that is sent, and says of what it has whatever `head` and `get` say; nothing before something was sent. */
function accepting({ head, get }: { head: (sent: Buffer) => string | Buffer; get?: (sent: Buffer) => Buffer }, before: string | Buffer = answer(404)): void {
  let sent: Buffer | undefined;
  here.server.onRequest = (socket, { method, path, body }: Heard) => {
    if (method === 'PUT') sent = Buffer.from(body);
    if (method === 'PUT') socket.write(answer(200, '', `ETag: "${md5(body)}"`));
    else if (method === 'POST') socket.write(answer(200, path.includes('uploads') ? '<UploadId>1</UploadId>' : '<CompleteMultipartUploadResult/>'));
    else if (method === 'DELETE') socket.write(answer(204));
    else if (path.includes('uploads=')) socket.write(answer(200));
    else if (method === 'HEAD') socket.write(sent ? head(sent) : before);
    else socket.write(get?.(sent ?? Buffer.alloc(0)) ?? answer(404));
  };
}
const uploaded = (body: Buffer) => suffer(here, (store) => putOnce(store, 'k', bytesBody(body), 'x/y', never()));

describe('hostile: bucket servers', () => {
  test.each<[string, string, (sent: Buffer) => string | Buffer, string]>([
    ['takes an object and does not have it', 'found out by asking', () => answer(404), 'no such object'],
    ['has the size and another ETag', 'found out by the MD5', () => has(small.length, `ETag: "${'f'.repeat(32)}"`), 'the store has ffffffff'],
    ['has the ETag and another size', 'found out by the size', () => has(3, `ETag: "${md5(small)}"`), 'the store has 3'],
    ['has the ETag of an upload in parts, of an object that was none', 'found out by the form', () => has(small.length, `ETag: "${md5(small)}-1"`), '-1'],
    ['says that its ETag is no MD5, and gives other bytes of the same size', 'found out by reading back', () => has(small.length, 'ETag: "x"', 'x-amz-server-side-encryption: aws:kms'), 'gives back'],
    ['says that its ETag is no MD5, and has another size', 'found out by the size', () => has(1, 'ETag: "x"', 'x-amz-server-side-encryption: aws:kms'), 'the store has 1'],
    ['says no size', 'not believed', () => 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'no Content-Length'],
  ])('a store that %s → %s, the file stays on the node', async (_attack, _shown, head, words) => {
    accepting({ head, get: () => answer(200, 'rackets') });
    const { error } = await uploaded(small);
    expect(error?.message).toContain(words);
  });

  test('a store that stores nothing, and says size and MD5 of what was sent → believed: without reading it back this cannot be known', async () => {
    accepting({ head: (sent) => has(sent.length, `ETag: "${md5(sent)}"`) });
    expect((await uploaded(small)).value).toMatchObject({ verifiedBy: 'ETag' });
  });

  test.each([
    ['a quoted mark', '"a\\"b<c>&"'],
    ['15 KB', 'e'.repeat(15_000)],
    ['control characters', 'a\u0001b'],
    ['nothing', ''],
  ])('an ETag of %s → no more than 256 printable characters of it are remembered, and the object is read back', async (_, etag) => {
    accepting({ head: (sent) => has(sent.length, `ETag: ${etag}`), get: (sent) => answer(200, sent) });
    const { value, error } = await uploaded(small);
    if (error) return expect(error.reason).toBe('BucketUnreachable');
    expect(value).toMatchObject({ verifiedBy: 'Content', etag: expect.stringMatching(/^[!-~]{0,256}$/) });
  });

  test('200 for every question, whatever was asked → another object is there: nothing is overwritten or believed', async () => {
    here.server.onRequest = (socket, { method }) => void socket.write(method === 'HEAD' ? has(small.length, `ETag: "${md5(large)}"`) : answer(200, 'yes', 'ETag: "yes"'));
    const { error } = await uploaded(small);
    expect(error).toMatchObject({ reason: 'VerificationFailed', concernsOneObject: true });
    expect(here.server.heard.filter(({ method, path }) => method === 'PUT' && path.startsWith('/captures/k'))).toEqual([]);
  });

  test.each([
    ['other bytes of the same size', Buffer.from('rackets'), 'VerificationFailed'],
    ['fewer bytes', Buffer.from('pack'), 'VerificationFailed'],
    ['what was sent', small, undefined],
  ])('a store whose ETags are no MD5s, that already has the key and gives %s → read back: %p', async (_, bytes, reason) => {
    accepting({ head: () => '', get: () => answer(200, bytes) }, has(small.length, 'ETag: "kms"', 'x-amz-server-side-encryption: aws:kms'));
    const { value, error } = await uploaded(small);
    expect(error?.reason).toBe(reason);
    if (!reason) expect(value).toMatchObject({ verifiedBy: 'Content', written: false });
  });

  test('an object that has 7 bytes by HEAD and no end by GET → cut off after the seventh, found wanting', async () => {
    const kms = has(small.length, 'ETag: "kms"', 'x-amz-server-side-encryption: aws:kms');
    const endless = () => (here.server.onRequest = (socket, { method }) => (method === 'HEAD' ? void socket.write(kms) : flood(socket, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', `2000\r\n${'x'.repeat(0x2000)}\r\n`)));
    endless();
    expect((await suffer(here, (store) => putOnce(store, 'k', bytesBody(small), 'x/y', never()), 256 * 1024)).error?.reason).toBe('VerificationFailed');
    endless();
    const sent = { size: small.length, sha256: createHash('sha256').update(small).digest('hex'), expectedETag: md5(small) };
    expect((await suffer(here, (store) => findSent(store, 'k', sent, never()), 256 * 1024)).error?.reason).toBe('VerificationFailed');
  });

  test('parts that were taken, whole by its word, and an object of other parts → found out by the MD5 of the MD5s', async () => {
    accepting({ head: () => has(large.length, `ETag: "${md5(large)}-2"`) });
    expect((await uploaded(large)).error?.reason).toBe('VerificationFailed');
  });

  test.each([
    ['of 15 KB', 'e'.repeat(15_000)],
    ['of nothing', ''],
  ])('an ETag of a part %s → an answer that makes no sense: 10,000 of them would fill the memory', async (_, etag) => {
    here.server.onRequest = (socket, { method, path }) => void socket.write(method === 'POST' ? answer(200, '<UploadId>1</UploadId><CompleteMultipartUploadResult/>') : method === 'PUT' ? answer(200, '', `ETag: "${etag}"`) : answer(path.includes('uploads=') ? 200 : 404));
    expect((await suffer(here, VERBS.parts)).error).toMatchObject({ reason: 'StoreError', httpStatus: 200 });
  });

  test('an ETag of a part with XML in it → text, not XML, of the request that completes the upload', async () => {
    here.server.onRequest = (socket, { method, path }) => void socket.write(method === 'POST' ? answer(200, path.includes('uploads') ? '<UploadId>1</UploadId>' : '<CompleteMultipartUploadResult/>') : answer(method === 'PUT' ? 200 : 404, '', 'ETag: "</ETag></Part><Part><PartNumber>9"'));
    await uploaded(large);
    const completing = here.server.heard.find(({ method, path }) => method === 'POST' && path.includes('uploadId'))?.body.toString() ?? '';
    expect(completing.match(/<Part>/g)).toHaveLength(2);
    expect(completing).toContain('&lt;/ETag&gt;&lt;/Part&gt;');
  });

  test('a list that gives other captures’ uploads, and the object’s own key without an id → none of them is touched, no object is removed', async () => {
    const upload = (key: string, id: string) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`;
    here.server.onRequest = (socket, { method }) => void socket.write(method === 'GET' ? answer(200, upload('other/k', '1') + upload('k/../x', '2') + upload('k', '') + upload('k', ' ') + upload('k', '3')) : answer(204));
    await suffer(here, (store) => abortUnfinished(store, 'k', (key) => key === 'k', never()));
    expect(here.server.heard.filter(({ method }) => method === 'DELETE').map(({ path }) => path)).toEqual(['/captures/k?uploadId=3']);
  });

  test.each<[string, string, (method: string, body: Buffer) => Buffer | string, string | undefined]>([
    ['gives the probe other bytes', 'not ready', (method) => answer(200, method === 'GET' ? 'other' : ''), 'VerificationFailed'],
    ['gives the probe more bytes than it wrote', 'not ready', (method) => answer(200, method === 'GET' ? 'x'.repeat(100_000) : ''), 'StoreError'],
    ['took the probe and does not have it', 'not ready', (method) => answer(method === 'GET' ? 404 : 200), 'VerificationFailed'],
    ['says 204 to the removal and keeps the object', 'ready: captures do not need it gone, and it holds no packets', (method, body) => (method === 'HEAD' ? has(body.length) : answer(method === 'DELETE' ? 204 : 200, method === 'GET' ? body : '')), undefined],
  ])('a store that %s → %s', async (_attack, _shown, react, reason) => {
    let kept = Buffer.alloc(0);
    here.server.onRequest = (socket, { method, body }) => {
      if (method === 'PUT') kept = Buffer.from(body);
      socket.write(react(method, kept));
    };
    const { value } = await suffer(here, (store) => probe(store, 'probe', Date.now));
    expect((value as { reason?: string } | undefined)?.reason).toBe(reason);
  });

  test('lies about one object → the others are delivered meanwhile, and the uploader goes on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lies-'));
    const stop = new AbortController();
    const kept = new Map<string, Buffer>();
    here.server.onRequest = (socket, { method, path, body }) => {
      if (path.includes('poisoned')) return void socket.write(method === 'HEAD' ? has(1) : answer(400, '<Error><Code>&#xD800;</Code></Error>'));
      if (method === 'PUT') kept.set(path, Buffer.from(body));
      const there = kept.get(path);
      socket.write(method === 'HEAD' && there ? has(there.length, `ETag: "${md5(there)}"`) : answer(method === 'PUT' ? 200 : 404));
    };
    try {
      const path = join(folder, 'file');
      await writeFile(path, small);
      const uploader = createUploader({ store: here.store });
      const deliver = (key: string) => uploader.deliver({ key, path, start: 0, end: small.length, target: 't', packets: 1 }, stop.signal);
      const poisoned = deliver('poisoned');
      poisoned.catch(() => undefined);
      await Promise.all(Array.from({ length: 20 }, (_, i) => deliver(`good-${i}`)));
      expect(kept.size).toBe(20);
      expect(uploader.delivery).toMatchObject({ ok: false, reason: 'VerificationFailed' });
      stop.abort(new Error('enough'));
      await expect(poisoned).rejects.toThrow('enough');
    } finally {
      stop.abort();
      await rm(folder, { recursive: true });
    }
  });
});
