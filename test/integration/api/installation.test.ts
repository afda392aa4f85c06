// What a user installs, on a real API server: CRDs that it takes, and that refuse what they should; an account for agents that may nothing.
import { readFile, readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApiServer, type ApiServer } from '../api-server.js';
import { eventually } from '../eventually.js';

const AGENT = 'system:serviceaccount:packetcapture-jobs:packetcapture-agent';
let apiServer: ApiServer;

beforeAll(async () => {
  apiServer = await startApiServer();
  await apiServer.apply('config/default');
  await apiServer.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
  await apiServer.kubectl(['create', 'namespace', 'packetcapture-demo']);
  await eventually('captures are served', () => apiServer.kubectl(['get', 'pktcap', '-A']));
}, 60_000);
afterAll(() => apiServer.stop(), 30_000);

const capture = (name: string, spec: object): string =>
  JSON.stringify({ apiVersion: 'packetcapture.dev/v1alpha1', kind: 'PacketCapture', metadata: { name, namespace: 'default' }, spec: { target: { podName: 'web-0' }, ...spec } });
/** The server's own validation, not kubectl's. */
const apply = (object: string): Promise<string> => apiServer.kubectl(['apply', '--validate=false', '-f', '-'], object);
const get = async (name: string): Promise<Record<string, unknown>> => JSON.parse(await apiServer.kubectl(['get', 'pktcap', name, '-o', 'json'])) as Record<string, unknown>;

describe('the API server', () => {
  test('fills in the defaults, and says that nobody has looked yet', async () => {
    await apply(capture('defaults', {}));
    expect(await get('defaults')).toMatchObject({
      spec: {
        interface: 'any',
        snapLength: 262_144,
        bufferSize: '32Mi',
        duration: '5m',
        ring: {},
        spool: { maxSize: '1Gi' },
        upload: { policy: 'Continuous' },
        storage: {},
      },
      status: { observedGeneration: -1 },
    });
  });

  test('keeps a quantity as it was written, integer or string', async () => {
    await apply(capture('quantities', { maxSize: 10_000_000, bufferSize: '64Mi', ring: { fileSize: '10M' } }));
    expect(await get('quantities')).toMatchObject({ spec: { maxSize: 10_000_000, bufferSize: '64Mi', ring: { fileSize: '10M' } } });
  });

  test.each<[string, object]>([
    ['spec.interface', { interface: 'dbus://unixexec:path=/usr/bin/touch,argv1=/tmp/x' }],
    ['spec.interface', { interface: '-z' }],
    ['spec.interface', { interface: '' }],
    ['spec.interface', { interface: 'nflog:1' }],
    ['spec.filter', { filter: 'tcp\n' }],
    ['spec.duration', { duration: '5 minutes' }],
    ['spec.duration', { duration: '-5m' }],
    ['spec.maxSize', { maxSize: '10MB' }],
    ['spec.ring.files', { ring: { files: 0 } }],
    ['spec.ring.rotateInterval', { ring: { rotateInterval: '5' } }],
    ['spec.snapLength', { snapLength: 8 }],
    ['spec.maxPackets', { maxPackets: 0 }],
    ['spec.upload.policy', { upload: { policy: 'Sometimes' } }],
    ['spec.storage.destinationRef.kind', { storage: { destinationRef: { kind: 'Secret', name: 'x' } } }],
    ['spec.target', { target: undefined }],
  ])('refuses %s of %j', async (field, spec) => {
    await expect(apply(capture('refused', spec))).rejects.toThrow(field);
  });

  test('refuses a destination without a bucket or with an endpoint that is no URL', async () => {
    const destination = (s3: object): string =>
      JSON.stringify({ apiVersion: 'packetcapture.dev/v1alpha1', kind: 'ClusterCaptureDestination', metadata: { name: 'refused' }, spec: { s3: { auth: { secretRef: { name: 'x' } }, ...s3 } } });
    await expect(apply(destination({}))).rejects.toThrow('spec.s3.bucket');
    await expect(apply(destination({ bucket: 'captures', endpoint: 's3.example.com' }))).rejects.toThrow('spec.s3.endpoint');
    await expect(apply(destination({ bucket: 'captures', prefix: 'no-slash' }))).rejects.toThrow('spec.s3.prefix');
  });

  test('shows the columns', async () => {
    const head = (printed: string): string[] => (printed.split('\n')[0] as string).trim().split(/\s+/);
    expect(head(await apiServer.kubectl(['get', 'pktcap']))).toEqual('NAME TARGET PHASE REASON PACKETS LOST SIZE AGE'.split(' '));
    expect(head(await apiServer.kubectl(['get', 'pktcap', '-o', 'wide']))).toEqual('NAME TARGET PHASE REASON PACKETS LOST SIZE FILES NODES STARTED STOPREASON LOCATION FILTER AGE'.split(' '));
    await apply(await readFile('examples/destination.yaml', 'utf8'));
    const destinations = await apiServer.kubectl(['get', 'clustercapturedestinations']);
    expect(head(destinations)).toEqual('NAME DEFAULT BUCKET READY REASON AGE'.split(' '));
    expect(destinations).toMatch(/^team-bucket +true +captures /m);
  });

  test('explains every field', async () => {
    expect(await apiServer.kubectl(['explain', 'packetcaptures.spec.ring.fileSize'])).toContain('tcpdump -C');
  });

  test('takes every example', async () => {
    const files = (await readdir('examples')).filter((name) => name.endsWith('.yaml'));
    await apiServer.apply(...files.map((name) => `examples/${name}`));
  });

  test('finds nothing to change when everything is applied again', async () => {
    const printed = await apiServer.apply('config/default');
    expect(printed.split('\n').filter((line) => line !== '' && !line.endsWith('unchanged'))).toEqual([]);
  });
});

describe('the agent may not', () => {
  const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection', 'impersonate', 'escalate', 'bind', 'use', 'approve'];
  const KINDS = [['', 'pods'], ['', 'pods/exec'], ['', 'secrets'], ['', 'configmaps'], ['', 'nodes/proxy'], ['batch', 'jobs'], ['packetcapture.dev', 'packetcaptures']] as const;

  test('do any of these, in any namespace', async () => {
    const reviews = KINDS.flatMap(([group, kind]) =>
      VERBS.map((verb) => {
        const [resource, subresource] = kind.split('/');
        return { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec: { user: AGENT, groups: ['system:serviceaccounts', 'system:serviceaccounts:packetcapture-jobs', 'system:authenticated'], resourceAttributes: { group, resource, verb, ...(subresource && { subresource }) } } };
      }),
    );
    const answers = await apiServer.kubectl(['create', '--validate=false', '-o', 'jsonpath={.status.allowed} {.spec.resourceAttributes}{"\\n"}', '-f', '-'], reviews.map((review) => JSON.stringify(review)).join('\n'));
    const lines = answers.trim().split('\n');
    expect(lines).toHaveLength(reviews.length);
    expect(lines.filter((line) => !line.startsWith('false '))).toEqual([]);
  });

  test.each(['packetcapture-jobs', 'packetcapture-system', 'kube-system', 'default'])('do in %s what an account could not that nobody knows', async (namespace) => {
    const rules = (account: string): Promise<string> => apiServer.kubectl(['auth', 'can-i', '--list', '-n', namespace, '--as', account, '--as-group=system:serviceaccounts', '--as-group=system:serviceaccounts:packetcapture-jobs', '--as-group=system:authenticated']);
    const own = await rules(AGENT);
    expect(own).toContain('selfsubjectaccessreviews.authorization.k8s.io');
    expect(own).toBe(await rules('system:serviceaccount:packetcapture-jobs:nobody-knows'));
  });
});
