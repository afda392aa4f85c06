import { describe, expect, test } from '@jest/globals';
import { destinationSchema } from '../../../src/protocol/job-config.js';
import { destinationProblem } from '../../../src/plan/destination-rules.js';
import type { DestinationObject } from '../../../src/plan/destination.js';
import { planCapture } from '../../../src/plan/plan.js';
import { aDestination, aWorld, recordOf, running } from './builders.js';

const S3 = { endpoint: 'http://s3.storage.svc:9000', bucket: 'captures', prefix: 'clusters/prod/', auth: { secretRef: { name: 's3' } } };
const destination = (s3: object, metadata: object = {}): DestinationObject => ({ ...aDestination({ metadata }), spec: { s3: { ...S3, ...s3 } } });
const problem = (s3: object): string | undefined => destinationProblem({ s3: { ...S3, ...s3 } })?.message;

describe('a prefix', () => {
  test.each(['', 'a/', 'clusters/prod/', 'A-Z_0.9!\'()*/', '.hidden/', '.../', 'a..b/', `${'x'.repeat(379)}/`])('%j is taken', (prefix) => expect(problem({ prefix })).toBeUndefined());
});

describe('hostile: destination', () => {
  test.each([
    '/', '//', '/a/', 'a', 'a//b/', 'a/b', './', '../', 'a/../b/', 'a/./b/', '../../', '%2e%2e/', 'a/%2e%2e/', '%2f/', '..%2f/', 'a\\..\\/', 'a b/', 'a\n/', 'a\n', 'a/\n', '\n../', 'a\0/', 'a\t/', 'a\u007f/', 'ä/', 'a\u2024\u2024/', '．．/', 'a?b/', 'a#b/', 'a&b/', 'a+b/', 's3://bucket/', '~/', '{a}/', `${'x'.repeat(380)}/`,
  ])('prefix %j → refused by the operator, whatever an API server took', (prefix) => expect(problem({ prefix })).toContain('spec.s3.prefix'));

  test.each(['a/../b', 'a/b', '../b', 'B', 'b\n', 'b?acl', 'b%2fc', '-b', 'b-', 'ab'])('bucket %j → refused', (bucket) => expect(problem({ bucket })).toContain('spec.s3.bucket'));

  test.each(['https://a:99999', 'http://[::1', 'https://a%zz', 'http://a:b', 'file:///etc/passwd', 'https://k:s@a', 'http://a/?x', 'http://a\nb'])('endpoint %j → refused, and said in the status', (endpoint) => expect(problem({ endpoint })).toContain('spec.s3.endpoint'));

  test.each(['https://a:99999', 'http://[::1', 'file:///etc/passwd', 'https://k:s@a', 'http://a/?x', 'http://a\nb'])('external endpoint %j → refused, and said in the status', (externalEndpoint) => expect(problem({ externalEndpoint })).toContain('spec.s3.externalEndpoint'));

  test.each(['k\r\nx-amz-acl: public-read', 'k\n', ' k', 'k,k'])('KMS key %j → refused before it is in a header', (kmsKeyID) => expect(problem({ encryption: { type: 'SSEKMS', kmsKeyID } })).toContain('spec.s3.encryption.kmsKeyID'));
});

describe('encryption', () => {
  test.each([{ type: 'SSES3' }, { type: 'SSEKMS' }, { type: 'SSEKMS', kmsKeyID: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab' }, { type: 'SSEKMS', kmsKeyID: 'alias/captures' }])('%j is taken', (encryption) => expect(problem({ encryption })).toBeUndefined());

  test.each([
    [{ type: 'SSES3', kmsKeyID: 'k' }, 'spec.s3.encryption.kmsKeyID "k"'],
    [{ type: 'SSEC' }, 'spec.s3.encryption.type'],
    [{ type: 'SSEKMS', kmsKeyID: '' }, 'spec.s3.encryption.kmsKeyID'],
  ])('%j is refused', (encryption, words) => expect(problem({ encryption })).toContain(words));

  test('is pinned with the run, goes to its agent, and stays as it was when the destination is edited', () => {
    const encryption = { type: 'SSEKMS', kmsKeyID: 'k1' };
    const plan = planCapture(aWorld({ destinations: [destination({ encryption })] }));
    expect(recordOf(plan).run.destination).toMatchObject({ encryption });
    expect(JSON.stringify(plan.children.createJobs)).toContain('{\\"type\\":\\"SSEKMS\\",\\"kmsKeyID\\":\\"k1\\"}');
    const later = planCapture(aWorld({ record: recordOf(plan), destinations: [destination({})] }));
    expect(recordOf(later).run.destination).toMatchObject({ encryption });
    expect(JSON.stringify(later.children.createJobs)).toContain('SSEKMS');
  });

  test('a destination that was pinned before there was any is read as it was', () => {
    const pinned = { name: 'team-bucket', region: 'us-east-1', bucket: 'captures', prefix: '', addressing: 'Path' };
    expect(destinationSchema.parse(pinned)).toEqual(pinned);
  });
});

describe('a destination under a running run', () => {
  const NEW = { accessKeyId: 'bmV3', secretAccessKey: 'bmV3' };
  const { record, world } = running();
  const edited = (destinations: DestinationObject[], secrets = world.secrets) => planCapture({ ...world, destinations, secrets, credentials: () => ({ data: NEW }) });

  test.each([
    ['other keys', {}],
    ['another prefix', { prefix: 'elsewhere/' }],
    ['another Secret', { auth: { secretRef: { name: 's3-2' } } }],
    ['another region beside an endpoint', { region: 'eu-central-1' }],
    ['encryption', { encryption: { type: 'SSES3' } }],
  ])('that has %s now: the run keeps its place and has the keys of today', (_what, s3) => {
    const plan = edited([destination(s3)]);
    expect(recordOf(plan).run.destination).toEqual(record.run.destination);
    expect(plan.children.secrets).toMatchObject([{ object: { data: NEW } }]);
  });

  test.each([
    ['is gone', []],
    ['is at another endpoint', [destination({ endpoint: 'http://other.svc:9000' })]],
    ['is at the well-known endpoint', [destination({ endpoint: undefined })]],
    ['is another bucket', [destination({ bucket: 'other' })]],
    ['was deleted and made anew elsewhere', [destination({ bucket: 'other' }, { uid: 'another' })]],
    ["has a spec that can't be read", [destination({ prefix: '../' }), destination({ bucket: '/' })].slice(1)],
  ])('that %s: the run goes on where it was, and no keys of another place reach it', (_what, destinations) => {
    const plan = edited(destinations);
    expect(recordOf(plan).run).toMatchObject({ id: record.run.id, destination: record.run.destination });
    expect(recordOf(plan).run.stop).toBeUndefined();
    expect(plan.children.secrets).toEqual([]);
    expect(plan.children.deleteSecrets).toEqual([]);
    expect(plan.children.deleteJobs).toEqual([]);
  });

  test('whose own Secret is gone: the run goes on with the keys that it has', () => {
    const plan = planCapture({ ...world, credentials: () => ({ problem: 'Secret "packetcapture-system/s3" does not exist' }) });
    expect(recordOf(plan).run.stop).toBeUndefined();
    expect(plan.children.secrets).toEqual([]);
    expect(plan.children.deleteSecrets).toEqual([]);
  });

  test('that comes back to where it was gives the run its keys again', () => {
    const away = edited([destination({ bucket: 'other' })]);
    const back = planCapture({ ...world, record: recordOf(away), destinations: [destination({})], credentials: () => ({ data: NEW }) });
    expect(back.children.secrets).toMatchObject([{ object: { data: NEW } }]);
  });
});
