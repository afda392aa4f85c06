// The agent as its Job runs it, but for the bucket: a folder, unless TEST_BUCKET is empty. `down` beside it means that the bucket does not answer.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runAgent, runAgentWith } from '../../../../src/agent/main.js';
import type { Delivered, Uploader } from '../../../../src/agent/upload/port.js';
import { UploadTally } from '../../../../src/agent/upload/tally.js';

const folder = process.env['TEST_BUCKET'] as string;
const delayMs = Number(process.env['TEST_UPLOAD_DELAY_MS'] ?? 0);

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const onAbort = (): void => (clearTimeout(timer), reject(signal.reason as Error));
    const timer = setTimeout(() => (signal.removeEventListener('abort', onAbort), resolve()), ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

async function put(key: string, body: Buffer, signal: AbortSignal, overwrite: boolean): Promise<Delivered> {
  do await sleep(existsSync(`${folder}.down`) ? 50 : delayMs, signal);
  while (existsSync(`${folder}.down`));
  const path = join(folder, key);
  const sha256 = createHash('sha256').update(body).digest('hex');
  await mkdir(dirname(path), { recursive: true });
  if (!overwrite && existsSync(path)) {
    const there = await readFile(path);
    if (!there.equals(body)) throw new Error(`${key}: another object is there`);
  } else {
    await writeFile(`${path}.part`, body);
    await rename(`${path}.part`, path);
  }
  return { size: body.length, sha256, etag: createHash('md5').update(body).digest('hex') };
}

async function range(path: string, start: number, end: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const body = Buffer.alloc(end - start);
    const { bytesRead } = await file.read(body, 0, body.length, start);
    if (bytesRead < body.length) throw new Error(`${path}: shorter than ${end}`);
    return body;
  } finally {
    await file.close();
  }
}

const uploader: Uploader = {
  async deliver(file, signal) {
    return put(file.key, Buffer.concat([file.prologue ?? Buffer.alloc(0), await range(file.path, file.start, file.end)]), signal, false);
  },
  find: () => Promise.resolve(undefined),
  putSmall: (key, body, _contentType, signal) => put(key, Buffer.from(body), signal, true),
  setCapturing: () => undefined,
  underWay: new Set(),
  uploads: new UploadTally().now,
  get delivery() {
    return existsSync(`${folder}.down`) ? { ok: false, reason: 'BucketUnreachable' } : { ok: true };
  },
  forgetUnfinished: () => Promise.resolve(),
  onChange: () => undefined,
};

process.exit(await (folder === '' ? runAgent() : runAgentWith(() => uploader)));
