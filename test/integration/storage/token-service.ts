// Ceph's own token service (AssumeRoleWithWebIdentity) for tokens of a real API server: an RGW over the sandbox's store, and the issuer that it asks for keys.
import { execFile } from 'node:child_process';
import { createPublicKey, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer as createHTTPSServer } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'minio';
import { Daemon } from '../api-server/daemon.js';
import { bucket } from './sandbox-bucket.js';

const run = promisify(execFile);

export interface TokenServiceOptions {
  /** `https://…` without a port, as the tokens name it; only this RGW finds it at `issuerAddress`. */
  issuer: string;
  /** PEM of the private RSA key that signs the tokens. */
  signingKeyFile: string;
  /** On loopback, of this test alone. */
  issuerAddress: string;
  audience: string;
  folder: string;
}

export interface TokenService {
  /** Of the token service, and of the bucket too. */
  endpoint: string;
  /** PEM of the authority that its certificate is of. */
  authority: string;
  /** A role that one service account may assume, to read and write below one prefix of a bucket. */
  role(name: string, subject: string, prefix: string, bucketName?: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startTokenService({ issuer, signingKeyFile, issuerAddress, audience, folder }: TokenServiceOptions): Promise<TokenService> {
  await mkdir(folder, { recursive: true });
  const at = (name: string): string => join(folder, name);
  const { hostname: address } = new URL(bucket.endpoint);
  const issuerHost = new URL(issuer).hostname;
  await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=token-service', '-addext', `subjectAltName=IP:${address},DNS:${issuerHost}`, '-keyout', at('tls.key'), '-out', at('tls.crt')]);
  const [cert, key] = await Promise.all([readFile(at('tls.crt'), 'utf8'), readFile(at('tls.key'), 'utf8')]);

  // Ceph 16 wants the key of a token as a certificate (x5c), which API servers do not publish.
  await run('openssl', ['req', '-x509', '-key', signingKeyFile, '-days', '2', '-subj', '/CN=issuer', '-out', at('issuer.crt')]);
  const certificate = await readFile(at('issuer.crt'), 'utf8');
  const thumbprint = (await run('openssl', ['x509', '-in', at('issuer.crt'), '-noout', '-fingerprint', '-sha1'])).stdout.replace(/.*=|:|\s/g, '');
  const keys = { keys: [{ ...createPublicKey(certificate).export({ format: 'jwk' }), alg: 'RS256', use: 'sig', x5c: [certificate.replace(/-----[^-]+-----|\s/g, '')] }] };
  const oidc = createHTTPSServer({ cert, key }, (request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(request.url === '/.well-known/openid-configuration' ? { issuer, jwks_uri: `${issuer}/keys` } : keys));
  });
  await new Promise<void>((resolve, reject) => oidc.once('error', reject).listen(443, issuerAddress, resolve));

  const port = await freePort(address);
  await writeFile(at('ceph.conf'), configuration(folder, address, port));
  await writeFile(at('hosts'), `127.0.0.1 localhost\n${issuerAddress} ${issuerHost}\n`);
  // In a mount namespace of its own: nobody else looks the issuer up there, or trusts its certificate.
  const rgw = new Daemon('/usr/bin/unshare', ['--mount', 'sh', '-c', `mount --bind ${at('hosts')} /etc/hosts && mount --bind ${at('tls.crt')} /etc/ssl/certs/ca-certificates.crt && exec radosgw --conf ${at('ceph.conf')} --foreground --name client.sts`], folder);
  rgw.start();
  const admin = (...args: string[]): Promise<unknown> => run('radosgw-admin', ['--conf', at('ceph.conf'), '--name', 'client.sts', ...args]);
  await rgw.until('ready', async () => (await run('curl', ['-s', '--max-time', '3', '--cacert', at('tls.crt'), `https://${address}:${port}/`])).stdout.includes('ListAllMyBucketsResult'));

  const id = randomBytes(6).toString('hex');
  const owner = { uid: `oidc-${id}`, accessKey: `OIDC${id}`, secretKey: randomBytes(12).toString('hex') };
  await admin('user', 'create', '--uid', owner.uid, '--display-name', owner.uid, '--access-key', owner.accessKey, '--secret-key', owner.secretKey, '--caps', 'oidc-provider=*');
  // Over plain HTTP: Ceph takes no unsigned payload here, which is what minio sends over TLS.
  const iam = new Client({ endPoint: address, port: Number(new URL(bucket.endpoint).port), useSSL: false, region: bucket.region, accessKey: owner.accessKey, secretKey: owner.secretKey });
  const ask = async (parameters: Record<string, string>): Promise<void> => void (await iam.makeRequestAsync({ method: 'POST', query: new URLSearchParams(parameters).toString() }, '', [200], bucket.region)).resume();
  const provider = `arn:aws:iam:::oidc-provider/${issuerHost}`;
  // What a test that was killed left behind.
  const removeProvider = (): Promise<void> => ask({ Action: 'DeleteOpenIDConnectProvider', OpenIDConnectProviderArn: provider });
  await removeProvider().catch(() => undefined);
  await ask({ Action: 'CreateOpenIDConnectProvider', 'ClientIDList.member.1': audience, 'ThumbprintList.member.1': thumbprint, Url: issuer });

  const removeRole = async (name: string): Promise<unknown> => {
    await admin('role-policy', 'delete', '--role-name', name, '--policy-name', 'objects');
    return admin('role', 'delete', '--role-name', name);
  };
  const made: { name: string; subject: string }[] = [];
  return {
    endpoint: `https://${address}:${port}`,
    authority: cert,
    async role(name, subject, prefix, bucketName = bucket.name) {
      await removeRole(name).catch(() => undefined);
      made.push({ name, subject });
      const trust = { Effect: 'Allow', Principal: { Federated: [provider] }, Action: ['sts:AssumeRoleWithWebIdentity'], Condition: { StringEquals: { [`${issuerHost}:sub`]: subject, [`${issuerHost}:app_id`]: audience } } };
      // As docs/destinations.md has it.
      const files = { Effect: 'Allow', Action: ['s3:PutObject', 's3:GetObject', 's3:AbortMultipartUpload'], Resource: [`arn:aws:s3:::${bucketName}/${prefix}*`] };
      const probes = { Effect: 'Allow', Action: ['s3:DeleteObject'], Resource: [`arn:aws:s3:::${bucketName}/${prefix}.packetcapture-probe-*`] };
      const unfinished = { Effect: 'Allow', Action: ['s3:ListBucketMultipartUploads'], Resource: [`arn:aws:s3:::${bucketName}`] };
      await admin('role', 'create', '--role-name', name, '--path=/', '--assume-role-policy-doc', policy(trust));
      await admin('role-policy', 'put', '--role-name', name, '--policy-name', 'objects', '--policy-doc', policy(files, probes, unfinished));
      return `arn:aws:iam:::role/${name}`;
    },
    async stop() {
      for (const { name, subject } of made) {
        await removeRole(name);
        // Ceph makes a user of whoever had keys.
        await admin('user', 'rm', '--uid', `$oidc$${subject}`).catch(() => undefined);
      }
      await removeProvider();
      await admin('user', 'rm', '--uid', owner.uid);
      await rgw.stop();
      oidc.closeAllConnections();
      await new Promise((resolve) => oidc.close(resolve));
    },
  };
}

const policy = (...Statement: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement });

const configuration = (folder: string, address: string, port: number): string => `
[global]
mon host = [v2:${address}:3300/0,v1:${address}:6789/0]
auth cluster required = none
auth service required = none
auth client required = none
run dir = ${folder}
admin socket = ${folder}/$name.$pid.asok
crash dir = ${folder}
log file = ${folder}/ceph-$name.log
log to stderr = false
[client.sts]
ms mon client mode = crc secure
rgw data = ${folder}
rgw frontends = beast ssl_endpoint=${address}:${port} ssl_certificate=${folder}/tls.crt ssl_private_key=${folder}/tls.key
rgw thread pool size = 16
rgw enable gc threads = false
rgw enable lc threads = false
rgw sts key = sixteen-letters-
rgw s3 auth use sts = true
rgw sts min session duration = 1
`;

async function freePort(address: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
