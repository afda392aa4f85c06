// The sandbox's Ceph beyond its one user and gateway: users of a test's own, and a gateway with other settings on the same store.
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'minio';
import type { Credentials } from '../../../src/storage/credentials.js';
import { eventually } from '../eventually.js';
import { bucket } from './sandbox-bucket.js';

const CONFIG = `${process.env['PACKETCAPTURE_SANDBOX_STATE'] ?? '/var/lib/packetcapture-sandbox'}/ceph/ceph.conf`;
const admin = async (args: string[]): Promise<string> => (await promisify(execFile)('radosgw-admin', ['--conf', CONFIG, '--name', 'client.rgw', '--admin-socket=', ...args], { maxBuffer: 10 * 1024 * 1024 })).stdout;

/** A user who owns nothing: what he may do, a policy says. */
export async function makeUser(uid: string): Promise<Credentials> {
  const { keys } = JSON.parse(await admin(['user', 'create', '--uid', uid, '--display-name', uid])) as { keys: { access_key: string; secret_key: string }[] };
  return { accessKeyId: keys[0]?.access_key ?? '', secretAccessKey: keys[0]?.secret_key ?? '' };
}

/** Other keys of the same user, valid beside those that he has. */
export async function addKeys(uid: string): Promise<Credentials> {
  const credentials = { accessKeyId: randomBytes(10).toString('hex').toUpperCase(), secretAccessKey: randomBytes(20).toString('hex') };
  await admin(['key', 'create', '--uid', uid, '--key-type', 's3', '--access-key', credentials.accessKeyId, '--secret', credentials.secretAccessKey]);
  return credentials;
}

export const removeKeys = async (uid: string, { accessKeyId }: Credentials): Promise<void> => void (await admin(['key', 'rm', '--uid', uid, '--key-type', 's3', '--access-key', accessKeyId]));

export interface Policy {
  Statement: { Sid: string; Action: string[]; Resource: string[] }[];
}

/** The policy of docs/destinations.md, of this bucket and this user. The prefix is that of the page: clusters/prod/. */
export async function documentedPolicy(bucketName: string, uid: string): Promise<Policy> {
  const [, json = 'none'] = /```json\n([\s\S]*?)```/.exec(await readFile('docs/destinations.md', 'utf8')) ?? [];
  return JSON.parse(json.replaceAll('arn:aws:iam::111122223333:user/packetcapture', `arn:aws:iam:::user/${uid}`).replaceAll('arn:aws:s3:::captures', `arn:aws:s3:::${bucketName}`)) as Policy;
}

export const removeUser = async (uid: string): Promise<void> => void (await admin(['user', 'rm', '--uid', uid]));

/** The owner of the sandbox's buckets, by minio alone: another eye on the bucket than the code under test. */
export function owner(endpoint = bucket.endpoint): Client {
  const { hostname, port, protocol } = new URL(endpoint);
  const { accessKeyId, secretAccessKey } = bucket.credentials;
  return new Client({ endPoint: hostname, port: Number(port), useSSL: protocol === 'https:', region: bucket.region, accessKey: accessKeyId, secretKey: secretAccessKey });
}

export interface Gateway {
  endpoint: string;
  stop(): Promise<void>;
}

/** Another gateway to the sandbox's store, with options of its own ("--rgw-crypt-require-ssl=false"). */
export async function startGateway(options: string[]): Promise<Gateway> {
  const { hostname } = new URL(bucket.endpoint);
  const port = await freePort(hostname);
  const folder = await mkdtemp(join(tmpdir(), 'rgw-'));
  const log = join(folder, 'log');
  const args = ['--conf', CONFIG, '--foreground', '--name', 'client.rgw', `--rgw-frontends=beast endpoint=${hostname}:${port}`, `--log-file=${log}`, `--admin-socket=${folder}/asok`, ...options];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'radosgw', ...args], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const endpoint = `http://${hostname}:${port}`;
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true });
  };
  try {
    await eventually('the gateway answers', async () => {
      if (child.exitCode !== null) throw new Error(`radosgw ended with ${child.exitCode}: ${(await readFile(log, 'utf8').catch(() => '')).slice(-2000)}`);
      return fetch(endpoint).then(({ ok }) => ok, () => false);
    }, { timeoutMs: 60_000, everyMs: 100 });
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint, stop };
}

async function freePort(address: string): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
