// One PUT of a file by curl: what it takes to have these bytes in the bucket, by itself.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { bucket } from '../../integration/storage/sandbox-bucket.js';

/** Milliseconds from connecting to the store's answer. The body is not hashed for the signature. The keys go by standard input: arguments are everybody's to read. */
export async function putAlone(path: string, key: string): Promise<number> {
  const { accessKeyId, secretAccessKey } = bucket.credentials;
  const args = ['-fsS', '--max-time', '60', '--aws-sigv4', `aws:amz:${bucket.region}:s3`, '-H', 'x-amz-content-sha256: UNSIGNED-PAYLOAD', '-T', path, '-o', '/dev/null', '-w', '%{time_total}', '--config', '-', `${bucket.endpoint}/${bucket.name}/${key}`];
  const curl = promisify(execFile)('curl', args);
  curl.child.stdin?.end(`user = "${accessKeyId}:${secretAccessKey}"\n`);
  return Number((await curl).stdout) * 1000;
}
