import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../integration/eventually.js';
import type { Credentials } from '../../src/storage/credentials.js';
import { addKeys, documentedPolicy, makeUser, owner, removeKeys, removeUser } from '../integration/storage/rgw.js';
import { removeAll } from './support/bucket.js';
import { applyCapture, CAPTURES, captureThat, condition, inPhase, JOBS_NAMESPACE, podsOf } from './support/captures.js';
import { applyKeys, cleanUp, destinationObject } from './support/destination.js';
import { huntFor, type Hunt } from './support/key-hunt.js';
import { apply, kubectl, list } from './support/kubectl.js';
import { account, timedNumbers } from './support/packets.js';
import { freshNamespace, NODES, pod, RECEIVER, runningPodIP, runToEnd, sendNumbers } from './support/workload.js';

const NS = 'e2e-rotation';
/** The prefix of the policy in docs/destinations.md: what it allows is all that the keys of this test may do. */
const PREFIX = 'clusters/prod/';
const id = randomBytes(4).toString('hex');
const bucket = `e2e-rotation-${id}`;
const user = `e2e-rotation-${id}`;
const [nodeA, nodeB] = NODES;
let ip: string;
let leaked: Credentials;
/** By when it was looked for keys. */
const hunts = new Map<string, Hunt>();

beforeAll(async () => {
  const [keys] = await Promise.all([makeUser(user), owner().makeBucket(bucket), freshNamespace(NS)]);
  leaked = keys;
  const policy = await documentedPolicy(bucket, user);
  // On Ceph what was written is the writer's: the bucket's owner reads it by a statement too.
  const readers = { Sid: 'Readers', Effect: 'Allow', Principal: { AWS: ['arn:aws:iam:::user/sandbox'] }, Action: ['s3:GetObject'], Resource: [`arn:aws:s3:::${bucket}/${PREFIX}${NS}/*`] };
  await owner().setBucketPolicy(bucket, JSON.stringify({ ...policy, Statement: [...policy.Statement, readers] }));
  await apply(pod(NS, 'receiver', RECEIVER, { node: nodeA }));
  await applyKeys('e2e-rotation', leaked.accessKeyId, leaked.secretAccessKey);
  await apply(destinationObject('e2e-rotation', 'e2e-rotation', { bucket, prefix: PREFIX }));
  await kubectl(['wait', '--for=condition=Ready', 'clustercapturedestinations.packetcapture.dev/e2e-rotation', '--timeout=60s']);
  ip = await runningPodIP(NS, 'receiver');
}, 240_000);

afterAll(async () => {
  await cleanUp(NS, 'e2e-rotation');
  await removeAll('', bucket);
  await owner().removeBucket(bucket);
  await removeUser(user);
}, 240_000);

test('keys that are withdrawn under a running agent stop its uploads, and new ones in the Secret start them again: nothing is lost, and no agent was started anew', async () => {
  await applyCapture(NS, 'lasting', { target: { podName: 'receiver' }, filter: 'udp port 9000', duration: '10m', ring: { fileSize: '1M', rotateInterval: '1s' }, storage: { destinationRef: { name: 'e2e-rotation' } } });
  await inPhase(NS, 'lasting', 'Capturing');
  await runToEnd(NS, 'before', sendNumbers(ip, 9000, 1000, 500), nodeB);
  await captureThat(NS, 'lasting', 'files are in the bucket', (c) => (c.status?.files?.uploaded ?? 0) > 0);

  const { id: runID = 'none', destination } = (await captureThat(NS, 'lasting', 'its run is told', (c) => c.status?.run !== undefined)).status?.run ?? {};
  const hunt = async (keys: Credentials): Promise<Hunt> => huntFor([keys.accessKeyId, keys.secretAccessKey], { namespace: NS, runID, bucket, prefix: destination?.prefix ?? 'none' });
  hunts.set('in use', await hunt(leaked));

  await removeKeys(user, leaked);
  await runToEnd(NS, 'during', sendNumbers(ip, 9000, 2000, 500), nodeB);
  const refused = await captureThat(NS, 'lasting', 'the store refuses the keys', (c) => condition(c, 'Delivered')?.reason === 'AccessDenied');
  expect(condition(refused, 'Delivered')?.status).toBe('False');
  expect(JSON.stringify(refused.status)).not.toContain(leaked.accessKeyId);

  hunts.set('refused', await hunt(leaked));

  const fresh = await addKeys(user);
  await applyKeys('e2e-rotation', fresh.accessKeyId, fresh.secretAccessKey);
  const selector = `packetcapture.dev/run-id=${refused.status?.run?.id}`;
  await eventually("the run's Secret has them", async () => {
    const [secret] = await list<{ data: Record<string, string> }>('secrets', JOBS_NAMESPACE, selector);
    return Buffer.from(secret?.data['accessKeyId'] ?? '', 'base64').toString() === fresh.accessKeyId;
  }, { timeoutMs: 30_000, everyMs: 200 });
  // The kubelet carries a Secret into a volume when it looks at the pod: within a minute and a half, or when the pod changes.
  await kubectl(['annotate', 'pods', '-n', JOBS_NAMESPACE, '-l', selector, 'e2e/look=now']);
  // The open file stays on the node.
  const delivered = await captureThat(NS, 'lasting', 'what waited is delivered', (c) => condition(c, 'Delivered')?.status !== 'False' && (c.status?.files?.uploaded ?? 0) > (refused.status?.files?.uploaded ?? 0), 180_000);
  expect(delivered.status?.phase).toBe('Capturing');
  expect(await podsOf(delivered)).toHaveLength(1);
  hunts.set('put in their place', await hunt(fresh));

  await kubectl(['annotate', `${CAPTURES}/lasting`, '-n', NS, `packetcapture.dev/stop=${delivered.status?.run?.id}`]);
  const done = await inPhase(NS, 'lasting', 'Complete', 90_000);
  expect(done.status).toMatchObject({ gaps: { count: 0 }, packets: { pending: 0, lost: 0 } });
  const found = (await timedNumbers(done.status?.run?.destination?.prefix ?? 'none', 9000, bucket)).map(({ number }) => number);
  expect(account(found.slice(), 2000).missing).toEqual([]);
  expect(found).toHaveLength(3000);
}, 300_000);

describe('hostile: credential', () => {
  test.each(['in use', 'refused', 'put in their place'])("keys that are %s, looked for in the cluster and on the node → in no log, status, Event, record, Job, pod, manifest, spool, argument or environment, but in the agent's own mount", (when) => {
    const hunt = hunts.get(when);
    expect(hunt?.found).toEqual([]);
    expect(hunt?.finds).toBe(true);
    expect(hunt?.looked).toBeGreaterThan(100);
  });
});
