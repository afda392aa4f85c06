// How an object comes whole: against a server of this test's own that ignores ranges, changes its mind, ends early, gives too much or falls silent.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchInto, type FetchWish } from '../../../../src/cli/download/fetch.js';
import { StoreClient } from '../../../../src/cli/download/store-client.js';
import { systemClock, type Clock } from '../../../../src/kube/clock.js';

const BODY = Buffer.from(Array.from({ length: 5000 }, (_, n) => n % 251));
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let folder: string;
let server: http.Server;
let answers: Answer[];
const seen: { range: string | undefined; ifMatch: string | undefined }[] = [];
let client: StoreClient;
let url: string;
let path: string;
let cases = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fetch-'));
  server = http.createServer((request, response) => {
    seen.push({ range: request.headers.range, ifMatch: request.headers['if-match'] });
    (answers.shift() ?? whole)(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/bucket/key?X-Amz-Signature=secret`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  answers = [];
  seen.length = 0;
  path = join(folder, `f${(cases += 1)}`);
  client = new StoreClient({ parallel: 1, env: {} });
});
afterEach(() => client.close());

/** As stores answer: with ranges. */
const whole: Answer = ({ headers }, response) => {
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
  if (from >= BODY.length) return void response.writeHead(416).end();
  if (from === 0) return void response.writeHead(200, { etag: '"a"', 'content-length': BODY.length }).end(BODY);
  response.writeHead(206, { etag: '"a"', 'content-range': `bytes ${from}-${BODY.length - 1}/${BODY.length}` }).end(BODY.subarray(from));
};
const ignoresRange: Answer = (_, response) => void response.writeHead(200, { etag: '"b"' }).end(BODY);
const endsAfter = (bytes: number): Answer => (_, response) => void response.writeHead(200, { etag: '"a"' }).end(BODY.subarray(0, bytes));
const silent: Answer = (_, response) => void response.writeHead(200, { 'content-length': BODY.length }).write(BODY.subarray(0, 10));
const says = (status: number, body = ''): Answer => (_, response) => void response.writeHead(status, status === 302 ? { location: 'http://elsewhere.example/?X-Amz-Signature=secret' } : {}).end(body);

/** Waits no longer than it must. */
const clock: Clock = { ...systemClock, schedule: (_, callback) => systemClock.schedule(1, callback) };

async function fetched({ there, renewed = url, ...wish }: Partial<FetchWish> & { there?: Buffer; renewed?: string } = {}): Promise<{ body: Buffer; bytes: number }> {
  if (there) writeFileSync(path, there);
  const file = await open(path, there ? 'r+' : 'w+');
  let bytes = there?.length ?? 0;
  try {
    await fetchInto(file, { path, size: BODY.length, ...wish }, { client, clock, signal: new AbortController().signal, url: (refused) => Promise.resolve(refused === undefined ? url : renewed), onBytes: (count) => { bytes += count; } });
  } finally {
    await file.close();
  }
  return { body: readFileSync(path), bytes };
}

describe('a part that is there', () => {
  test('is gone on with', async () => {
    expect(await fetched({ there: BODY.subarray(0, 1234) })).toEqual({ body: BODY, bytes: BODY.length });
    expect(seen).toEqual([{ range: 'bytes=1234-', ifMatch: undefined }]);
  });

  test('that is whole costs no request, and one that is too long is begun anew', async () => {
    expect((await fetched({ there: BODY })).body).toEqual(BODY);
    expect(seen).toEqual([]);
    expect(await fetched({ there: Buffer.alloc(9000) })).toEqual({ body: BODY, bytes: BODY.length });
  });

  test('is begun anew where the store ignores ranges, or has another object now', async () => {
    answers = [ignoresRange];
    expect(await fetched({ there: Buffer.alloc(1234, 9) })).toEqual({ body: BODY, bytes: BODY.length });
    answers = [says(412)];
    expect(await fetched({ there: Buffer.alloc(1234, 9) })).toEqual({ body: BODY, bytes: BODY.length });
  });
});

describe('a try that fails', () => {
  test('is followed by one that asks for the rest of the same object', async () => {
    answers = [endsAfter(2000)];
    expect(await fetched()).toEqual({ body: BODY, bytes: BODY.length });
    expect(seen.at(-1)).toEqual({ range: 'bytes=2000-', ifMatch: '"a"' });
  });

  test('is over when nothing comes any more', async () => {
    client.close();
    client = new StoreClient({ parallel: 1, env: {}, stallMs: 300 });
    answers = [silent];
    expect((await fetched()).body).toEqual(BODY);
  });

  test('is tried again where the store is busy, not for ever', async () => {
    answers = [says(503), says(500), says(429)];
    expect((await fetched()).body).toEqual(BODY);
    answers = Array.from({ length: 20 }, () => says(503, '<Error><Code>SlowDown</Code></Error>'));
    await expect(fetched()).rejects.toThrow(/^127\.0\.0\.1:\d+: HTTP 503 SlowDown$/);
    expect(answers.length).toBeGreaterThan(10);
  });
});

test('a refused URL is renewed, and where the new ones are refused too that is said', async () => {
  answers = [says(403)];
  expect((await fetched()).body).toEqual(BODY);
  answers = Array.from({ length: 9 }, () => says(403, '<Error><Code>AccessDenied</Code></Error>'));
  await expect(fetched()).rejects.toThrow(/HTTP 403 AccessDenied$/);
  expect(answers).toHaveLength(6);
});

describe('hostile: bucket servers', () => {
  test('one that sends elsewhere → it is not followed, and its words hold no URL', async () => {
    answers = [says(302)];
    const words = await fetched().then(() => '', (error: Error) => error.message);
    expect(words).toContain('to elsewhere.example, and redirects are not followed');
    expect(words).not.toContain('secret');
  });

  test('one that gives more than the object has → it fills no disk', async () => {
    const endless: Answer = (_, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(4096)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    };
    answers = [endless, endless];
    await expect(fetched()).rejects.toThrow('it gives more than the 5000 bytes that the object has');
    expect(readFileSync(path).length).toBeLessThanOrEqual(5000);
    answers = [endless, endless];
    await expect(fetched({ size: undefined, maxBytes: 2000 })).rejects.toThrow('more than the 2000 bytes');
  });

  test('one whose range is another than was asked for → it is not believed', async () => {
    answers = [(_, response) => void response.writeHead(206, { 'content-range': 'bytes 0-10/5000' }).end(BODY.subarray(0, 11))];
    expect(await fetched({ there: BODY.subarray(0, 1000) })).toEqual({ body: BODY, bytes: BODY.length });
  });
});
