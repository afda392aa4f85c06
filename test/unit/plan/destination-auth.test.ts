import { describe, expect, test } from '@jest/globals';
import { AGENT_PATH, JOB_CONFIG_ENV, jobConfigSchema } from '../../../src/protocol/job-config.js';
import { destinationProblem } from '../../../src/plan/destination-rules.js';
import { planCapture } from '../../../src/plan/plan.js';
import { aDestination, aWorld, recordOf, running } from './builders.js';

const IDENTITY = { serviceAccountName: 'capture-uploader', roleARN: 'arn:aws:iam::123456789012:role/captures', stsEndpoint: 'https://sts.storage.svc:9000' };
const S3 = { endpoint: 'http://s3.storage.svc:9000', bucket: 'captures' };

const problemOf = (auth: object, s3: object = S3): string | undefined => destinationProblem({ s3: { ...s3, auth } })?.message;

describe('the identity of a destination', () => {
  test.each<[string, object, object]>([
    ['a Secret', { secretRef: { name: 's3' } }, S3],
    ['a workload identity', { type: 'WorkloadIdentity', workloadIdentity: IDENTITY }, S3],
    ["AWS's token service for the region", { type: 'WorkloadIdentity', workloadIdentity: { ...IDENTITY, stsEndpoint: undefined } }, { bucket: 'captures', region: 'eu-central-1' }],
    ['a role of Ceph', { type: 'WorkloadIdentity', workloadIdentity: { ...IDENTITY, roleARN: 'arn:aws:iam:::role/captures' } }, S3],
  ])('may be %s', (_, auth, s3) => {
    expect(problemOf(auth, s3)).toBeUndefined();
  });

  test.each<[string, object, string, object]>([
    ['both', { secretRef: { name: 's3' }, workloadIdentity: IDENTITY }, 'spec.s3.auth.workloadIdentity: is only for type WorkloadIdentity, and type is "Secret"; set type: WorkloadIdentity, or remove it', S3],
    ['both, the other way', { type: 'WorkloadIdentity', secretRef: { name: 's3' }, workloadIdentity: IDENTITY }, 'spec.s3.auth.secretRef "s3": is only for type Secret, and type is "WorkloadIdentity"; remove it, or set type: Secret', S3],
    ['no Secret', {}, 'spec.s3.auth.secretRef: is absent, and type "Secret" needs it; name the Secret with the keys, or set type: WorkloadIdentity', S3],
    ['no workload identity', { type: 'WorkloadIdentity' }, 'spec.s3.auth.workloadIdentity: is absent, and type "WorkloadIdentity" needs it; give serviceAccountName and roleARN', S3],
    ['a token service that has to be guessed', { type: 'WorkloadIdentity', workloadIdentity: { ...IDENTITY, stsEndpoint: undefined } }, 'spec.s3.auth.workloadIdentity.stsEndpoint: is absent, and spec.s3.endpoint is "http://s3.storage.svc:9000"; say where that store exchanges tokens (https only; MinIO and Ceph do it at the S3 endpoint)', S3],
    ['a token service at no port', { type: 'WorkloadIdentity', workloadIdentity: { ...IDENTITY, stsEndpoint: 'https://sts:99999' } }, 'spec.s3.auth.workloadIdentity.stsEndpoint "https://sts:99999": is no URL; use https://, a host and perhaps a port, such as "https://sts.example.com:9000"', S3],
    ['a region that is another host', { type: 'WorkloadIdentity', workloadIdentity: { ...IDENTITY, stsEndpoint: undefined } }, 'spec.s3.region "x.example.com#": is no region of AWS; correct it, or give spec.s3.auth.workloadIdentity.stsEndpoint', { bucket: 'captures', region: 'x.example.com#' }],
  ])('may not be %s', (_, auth, message, s3) => {
    expect(problemOf(auth, s3)).toBe(message);
  });

  test.each(['kubernetes', 'kubernetes.default.svc', 'https://kubernetes.default.svc', 'https://kubernetes.default.svc.cluster.local', 'https://KUBERNETES.default.svc:443/', 'api'])('is no token for the API server: %s', (audience) => {
    expect(problemOf({ type: 'WorkloadIdentity', workloadIdentity: { ...IDENTITY, audience } })).toContain(`audience "${audience}": is the API server's own`);
  });

  test.each([
    ['a token service without TLS', { stsEndpoint: 'http://sts.storage.svc' }, 'stsEndpoint'],
    ['a token service with a user', { stsEndpoint: 'https://me@sts.storage.svc' }, 'stsEndpoint'],
    ['a path for a name', { serviceAccountName: '../secrets' }, 'serviceAccountName'],
    ['a role that is more than one', { roleARN: 'arn:aws:iam::1:role/a&Policy=x' }, 'roleARN'],
    ['an audience of two words', { audience: 'sts kubernetes' }, 'audience'],
    ["no audience, which means the API server's", { audience: '' }, 'audience'],
  ])('is refused by the schema with %s', (_, override, field) => {
    expect(problemOf({ type: 'WorkloadIdentity', workloadIdentity: { ...IDENTITY, ...override } })).toContain(`spec.s3.auth.workloadIdentity.${field}`);
  });
});

const withIdentity = (override: object = {}) => {
  const destination = aDestination();
  return { ...destination, spec: { s3: { ...S3, auth: { type: 'WorkloadIdentity', workloadIdentity: { ...IDENTITY, ...override } } } } };
};
interface Pod {
  serviceAccountName: string;
  automountServiceAccountToken: boolean;
  volumes: { name: string; projected?: object }[];
  containers: { env: { name: string; value?: string }[]; volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[] }[];
}
const podOf = (job: object | undefined): Pod => (job as { spec: { template: { spec: Pod } } }).spec.template.spec;

describe('a run with a workload identity', () => {
  const world = aWorld({ destinations: [withIdentity()], credentials: () => ({ data: {} }) });
  const plan = planCapture(world);
  const pod = podOf(plan.children.createJobs[0]);

  test('runs under the service account, with a token for the token service and none for the API server', () => {
    expect(pod).toMatchObject({ serviceAccountName: 'capture-uploader', automountServiceAccountToken: false });
    const tokens = pod.volumes.filter(({ projected }) => projected !== undefined);
    expect(tokens).toEqual([{ name: 'identity', projected: { defaultMode: 0o400, sources: [{ serviceAccountToken: { audience: 'sts.amazonaws.com', expirationSeconds: 3600, path: 'token' } }] } }]);
    expect(pod.containers[0]?.volumeMounts).toContainEqual({ name: 'identity', mountPath: AGENT_PATH.identity, readOnly: true });
  });

  test('has nothing that the webhook of EKS would bring too', () => {
    expect(JSON.stringify(pod)).not.toMatch(/AWS_|aws-iam-token|eks\.amazonaws\.com/);
  });

  test('pins whose identity it is, and the agent reads it in its job config', () => {
    const pinned = { ...IDENTITY, audience: 'sts.amazonaws.com' };
    expect(recordOf(plan).run.destination.identity).toEqual(pinned);
    const config = jobConfigSchema.parse(JSON.parse(pod.containers[0]?.env.find(({ name }) => name === JOB_CONFIG_ENV)?.value ?? ''));
    expect(config.destination.identity).toEqual(pinned);
    const edited = planCapture({ ...world, record: recordOf(plan), destinations: [withIdentity({ roleARN: 'arn:aws:iam::123456789012:role/other', serviceAccountName: 'other' })] });
    expect(podOf(edited.children.createJobs[0])).toEqual(pod);
  });

  test('has a Secret of its own without a key in it', () => {
    expect(plan.children.secrets).toMatchObject([{ name: recordOf(plan).run.secretName, object: { data: {} } }]);
    const secrets = [{ metadata: { name: recordOf(plan).run.secretName, uid: 's', labels: { 'packetcapture.dev/run-id': recordOf(plan).run.id } } }];
    expect(planCapture({ ...world, record: recordOf(plan), secrets }).children.secrets).toEqual([]);
  });

  test('shows nothing of it in the status that a tenant reads', () => {
    expect(JSON.stringify(plan.status)).not.toMatch(/capture-uploader|arn:aws|sts\./);
  });
});

test('a run with a Secret has the service account and the volumes that it had', () => {
  const pod = podOf(planCapture(aWorld()).children.createJobs[0]);
  expect([pod.serviceAccountName, pod.volumes.map(({ name }) => name)]).toEqual(['packetcapture-agent', ['control', 'credentials', 'spool', 'tmp']]);
  expect(recordOf(planCapture(aWorld())).run.destination).not.toHaveProperty('identity');
});

test('a destination that changes its type leaves the keys of a run that is under way', () => {
  const { record, world } = running();
  const secrets = [{ metadata: { name: record.run.secretName, uid: 's', labels: { 'packetcapture.dev/run-id': record.run.id } }, data: { accessKeyId: 'b2xk', secretAccessKey: 'b2xk' } }];
  expect(planCapture({ ...world, secrets, destinations: [withIdentity()], credentials: () => ({ data: {} }) }).children.secrets).toEqual([]);
});
