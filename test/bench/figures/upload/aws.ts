// The same bytes by Debian's aws-cli, with its defaults.
import { spawn } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { content, pcaps, removeAll, S3 } from '../../../e2e/support/bucket.js';

/** Debian's, whatever else is first in PATH. */
export const AWS = '/usr/bin/aws';

export interface LocalFiles {
  /** The files of a run, as it has them in the bucket. */
  folder: string;
  /** The same bytes in one file. */
  file: string;
  bytes: number;
  remove(): Promise<void>;
}

/** Fetches the files of a run. */
export async function fetched(prefix: string): Promise<LocalFiles> {
  const root = await mkdtemp(join(tmpdir(), 'packetcapture-bench-'));
  const folder = join(root, 'files');
  const file = join(root, 'one.pcap');
  await mkdir(folder);
  let bytes = 0;
  for (const { key } of await pcaps(prefix)) {
    const body = await content(key);
    await writeFile(join(folder, basename(key)), body);
    await appendFile(file, body);
    bytes += body.length;
  }
  return { folder, file, bytes, remove: () => rm(root, { recursive: true, force: true }) };
}

/** Seconds that `aws s3 cp` takes, from its start to its end. */
export async function awsCopy(from: string, prefix: string, ...options: string[]): Promise<number> {
  const env = { ...process.env, AWS_ACCESS_KEY_ID: S3.accessKey, AWS_SECRET_ACCESS_KEY: S3.secretKey, AWS_DEFAULT_REGION: S3.region, AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' };
  const began = performance.now();
  try {
    await new Promise<void>((resolve, reject) => {
      const child = spawn(AWS, ['--endpoint-url', S3.endpoint, 's3', 'cp', from, `s3://${S3.bucket}/${prefix}`, ...options], { env, stdio: ['ignore', 'ignore', 'pipe'] });
      let words = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
      child.on('error', reject).on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${AWS}: exit ${code}: ${words}`))));
    });
    return (performance.now() - began) / 1000;
  } finally {
    await removeAll(prefix);
  }
}
