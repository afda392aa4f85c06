// Faults of the bucket and of the way to it. None of them may cost a packet: the spool keeps what is not delivered.
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../framework/random.js';
import { bucket as sandbox } from '../../integration/storage/sandbox-bucket.js';
import type { Fault as RequestFault, SeenRequest } from '../../integration/storage/fault.js';
import { agentFault, passing } from './fault.js';
import type { AgentScene } from './scene.js';

/** What befalls requests for a while; `undefined` lets one pass. */
type Befalls = (random: Random) => (request: SeenRequest) => RequestFault | undefined;

const errorAnswer = (status: number, code: string, headers: Record<string, string> = {}): RequestFault => ({
  kind: 'answer',
  status,
  headers: { 'content-type': 'application/xml', ...headers },
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>of the fault suite</Message></Error>`,
});

const onlyRefusals = (): RequestFault => errorAnswer(503, 'SlowDown');

const fails = (scene: AgentScene): Promise<unknown> => scene.until('an upload failed', (r) => r.delivery?.ok === false);

/** Befalls requests until the agent says that something is wrong, and a random while more. */
const befalling = (name: string, befalls: Befalls, { short = false, isTold = true }: { short?: boolean; isTold?: boolean } = {}) =>
  agentFault({
    name,
    short,
    async inject(scene, random) {
      scene.proxy.decide = befalls(random);
      if (isTold) await fails(scene);
      await passing(random.between(0, 3000));
      scene.proxy.decide = () => undefined;
    },
    allowed: {},
  });

const isPut = ({ method, key }: SeenRequest): boolean => method === 'PUT' && key.includes('.pcap');

/** Name by which the agents of one trial find the bucket. */
const HOST_NAME = 'bucket.faults.test';
const hostsOf = (folder: string): string => join(folder, 'hosts');

export const BUCKET = [
  agentFault({
    name: 'bucket-refuses',
    short: true,
    async inject(scene, random) {
      await scene.proxy.down();
      await fails(scene);
      await passing(random.between(0, 4000));
      await scene.proxy.up();
    },
    allowed: {},
  }),
  befalling('bucket-resets', (random) => (request) => (isPut(request) ? { kind: 'reset', afterBytes: random.between(0, 200_000) } : undefined)),
  // A stalled request is given up only after half a minute.
  befalling('bucket-stalls', (random) => (request) => (isPut(request) ? { kind: 'stall', afterBytes: random.between(0, 200_000) } : undefined)),
  befalling('bucket-stalls-in-its-answer', () => ({ method }) => (method === 'HEAD' ? { kind: 'stallAnswer', afterBytes: 0 } : undefined), { isTold: false }),
  befalling('bucket-500', () => () => errorAnswer(500, 'InternalError'), { short: true }),
  befalling('bucket-503-retry-after', () => () => errorAnswer(503, 'ServiceUnavailable', { 'retry-after': '2' })),
  befalling('bucket-slow-down', () => () => errorAnswer(503, 'SlowDown')),
  befalling('bucket-clock-skew', () => () => errorAnswer(403, 'RequestTimeTooSkewed')),
  befalling('bucket-body-corrupted', (random) => (request) => (isPut(request) ? { kind: 'corrupt', atByte: random.between(0, 100_000) } : undefined)),
  befalling('bucket-answers-lost', () => ({ method }) => (method === 'PUT' ? { kind: 'loseAnswer' } : undefined)),
  befalling('bucket-accepts-and-forgets', () => (request) => (isPut(request) ? { kind: 'swallow' } : undefined)),
  befalling('bucket-slow', (random) => (request) => (isPut(request) ? { kind: 'throttle', bytesPerSecond: random.between(50_000, 400_000) } : undefined), { isTold: false }),
  befalling(
    'bucket-everything-at-random',
    (random) => () => random.pick<RequestFault | undefined>([undefined, undefined, { kind: 'reset', afterBytes: random.between(0, 50_000) }, { kind: 'loseAnswer' }, errorAnswer(500, 'InternalError'), errorAnswer(503, 'SlowDown'), { kind: 'corrupt', atByte: random.between(0, 50_000) }, { kind: 'delay', ms: random.between(1, 500) }, { kind: 'swallow' }]),
    { short: true },
  ),
  agentFault({
    name: 'bucket-keys-rotated',
    async inject(scene, random) {
      const { secretAccessKey } = sandbox.credentials;
      scene.writeKeys({ accessKeyId: `GONE${randomBytes(8).toString('hex').toUpperCase()}`, secretAccessKey });
      await scene.until('access is denied', (r) => r.delivery?.reason === 'AccessDenied');
      await passing(random.between(0, 3000));
      scene.writeKeys(sandbox.credentials);
    },
    allowed: {},
  }),
  agentFault({
    name: 'bucket-name-not-found',
    settings: () => ({
      prepare: (folder) => writeFileSync(hostsOf(folder), `127.0.0.1 localhost ${HOST_NAME}\n`),
      launch: (folder) => ({ wrap: ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"', hostsOf(folder)] }),
      endpoint: (endpoint) => endpoint.replace('127.0.0.1', HOST_NAME),
    }),
    async inject(scene, random) {
      const known = readFileSync(hostsOf(scene.folder));
      writeFileSync(hostsOf(scene.folder), '127.0.0.1 localhost\n');
      // What is connected needs no name.
      await scene.proxy.down();
      await scene.proxy.up();
      await fails(scene);
      await passing(random.between(0, 3000));
      writeFileSync(hostsOf(scene.folder), known);
    },
    allowed: {},
  }),
  agentFault({
    name: 'bucket-deleted-and-made-again',
    // Nothing is delivered before: what somebody else deletes nobody can give back.
    settings: () => ({ ownBucket: true, decide: onlyRefusals }),
    async inject(scene, random) {
      await scene.bucket.removeBucket();
      scene.proxy.decide = () => undefined;
      await scene.until('the bucket is missed', (r) => r.delivery?.reason === 'BucketNotFound');
      await passing(random.between(0, 2000));
      await scene.bucket.make();
    },
    allowed: {},
  }),
];
