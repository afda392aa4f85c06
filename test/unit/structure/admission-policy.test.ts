// config/components/validating-admission-policy over what the operator makes and over what others might: evaluated by a CEL evaluator, as no API server of 1.30 is here.
import { describe, expect, test } from '@jest/globals';
import { FINALIZER } from '../../../src/api/group.js';
import { buildJob } from '../../../src/plan/job.js';
import { workingSpec } from '../../../src/plan/run.js';
import { buildSweepJob } from '../../../src/plan/sweep.js';
import { CONTROL_ANNOTATION } from '../../../src/protocol/control.js';
import { aCapture, aWorld, running } from '../plan/builders.js';
import { BINDINGS, POLICIES, refusals, typesOf, type Request } from './admission/policies.js';

const OPERATOR = 'system:serviceaccount:packetcapture-system:packetcapture-operator';
const JOB_CONTROLLER = 'system:serviceaccount:kube-system:job-controller';
const JOBS = 'packetcapture-jobs';
const ADMIN = { username: 'kubernetes-admin', groups: ['system:masters'] };

interface Pod extends Record<string, unknown> {
  containers: [Record<string, unknown> & { env: object[]; volumeMounts: object[]; securityContext: object }];
  volumes: object[];
}
interface Job {
  kind: 'Job';
  spec: { template: { metadata: object; spec: Pod } };
}

const { record } = running();
const config = { ...aWorld().config, imagePullSecrets: ['pull'] };
const captureSpec = workingSpec(record.run) as NonNullable<ReturnType<typeof workingSpec>>;
const withIdentity = { ...record.run, destination: { ...record.run.destination, identity: { serviceAccountName: 'bucket-writer', roleARN: 'arn:aws:iam::1:role/bucket-writer', audience: 'sts.amazonaws.com' } } };
const jobs = {
  capture: buildJob(record.capture, record.run, captureSpec, 'node-a', config) as Job,
  'capture with capabilities': buildJob(record.capture, record.run, captureSpec, 'node-a', { ...config, capturePrivileges: 'Capabilities' }) as Job,
  'capture with an identity of its own': buildJob(record.capture, withIdentity, captureSpec, 'node-a', config) as Job,
  sweep: buildSweepJob('node-a', { version: 1, retentionSeconds: 1, keep: [], keepPrefixes: [] }, config) as Job,
};
const copyOf = (job: Job): Job => JSON.parse(JSON.stringify(job)) as Job;
const deployment = (image: string): object => ({ spec: { template: { spec: { containers: [{ name: 'operator', image }] } } } });
const OWN = deployment(config.agentImage);

/** With what an API server and its own admission add to a pod of such a Job. */
const podOf = ({ spec: { template } }: Job): object => ({
  kind: 'Pod',
  metadata: template.metadata,
  spec: {
    ...template.spec,
    serviceAccount: 'packetcapture-agent',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    securityContext: template.spec['securityContext'] ?? {},
    priority: 0,
    preemptionPolicy: 'Never',
    tolerations: [{ operator: 'Exists' }, { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }],
  },
});
const createJob = (object: unknown, username = OPERATOR): Request => ({ operation: 'CREATE', group: 'batch', resource: 'jobs', namespace: JOBS, username, object });
const createPod = (object: unknown, username = JOB_CONTROLLER): Request => ({ operation: 'CREATE', resource: 'pods', namespace: JOBS, username, object });

describe('the policies', () => {
  test.each(POLICIES)('$metadata.name: whole, of conditions only, and bound', (policy) => {
    expect(policy.spec.failurePolicy).toBe('Fail');
    expect(new Set(typesOf(policy))).toEqual(new Set(['bool']));
    for (const { message } of policy.spec.validations) expect(message).toMatch(/^[^\n]{10,200}$/);
    const [binding, ...others] = BINDINGS.filter(({ spec }) => spec.policyName === policy.metadata.name);
    expect(others).toEqual([]);
    expect(binding).toMatchObject({ metadata: { name: policy.metadata.name }, spec: { validationActions: ['Deny'] } });
    expect(binding?.spec.paramRef !== undefined).toBe(policy.spec.paramKind !== undefined);
  });
});

describe.each(['capture', 'capture with capabilities', 'capture with an identity of its own', 'sweep'] as const)('the Job of a %s', (kind) => {
  test('is admitted from the operator, and its pod from the Job controller', () => {
    expect(refusals(createJob(jobs[kind]), OWN)).toEqual([]);
    expect(refusals(createPod(podOf(jobs[kind])))).toEqual([]);
    expect(refusals(createPod(podOf(jobs[kind]), 'system:kube-controller-manager'))).toEqual([]);
  });

  test.each(['kubernetes-admin', 'system:serviceaccount:kube-system:cronjob-controller', 'system:serviceaccount:packetcapture-jobs:packetcapture-agent'])('is refused from %s', (username) => {
    expect(refusals(createJob(jobs[kind], username), OWN)).toEqual(['Jobs are made here by the operator alone']);
  });

  test.each(['kubernetes-admin', OPERATOR, 'system:node:node-a', 'system:serviceaccount:kube-system:daemon-set-controller', 'system:serviceaccount:kube-system:replicaset-controller'])('has a pod that is refused from %s', (username) => {
    expect(refusals(createPod(podOf(jobs[kind]), username))).toEqual(['pods are made here by the Job controller alone']);
  });

  test('is refused with another image than the operator’s own', () => {
    expect(refusals(createJob(jobs[kind]), deployment('registry.example/packetcapture:2'))).toEqual([expect.stringContaining("operator's own image")]);
    expect(refusals(createJob(jobs[kind]), deployment(`${config.agentImage}-evil`))).toHaveLength(1);
  });
});

const withContainer = (container: object) => (pod: Pod): object => ({ ...pod, containers: [{ ...pod.containers[0], ...container }] });
const withSecurity = (securityContext: object) => (pod: Pod): object => withContainer({ securityContext: { ...pod.containers[0].securityContext, ...securityContext } })(pod);
const withEnv = (variable: object) => (pod: Pod): object => withContainer({ env: [...pod.containers[0].env, variable] })(pod);
const withVolume = (source: object, mount: object = {}) => (pod: Pod): object => ({ ...withContainer({ volumeMounts: [...pod.containers[0].volumeMounts, { name: 'more', mountPath: '/tmp', ...mount }] })(pod), volumes: [...pod.volumes, { name: 'more', ...source }] });
const withPod = (fields: object) => (pod: Pod): object => ({ ...pod, ...fields });
const another = { name: 'shell', image: 'debian', args: ['agent'] };
const hostPath = (path: string): ((pod: Pod) => object) => withVolume({ hostPath: { path } });

const token = (fields: object): ((pod: Pod) => object) => withVolume({ projected: { sources: [{ serviceAccountToken: { path: 'token', ...fields } }] } }, { mountPath: '/run/packetcapture/identity' });

const MESSAGES = POLICIES.flatMap(({ spec }) => spec.validations.map(({ message }) => message));
/** Of the tampered Jobs below. */
const said = new Set<string>();

describe.each<[string, (pod: Pod) => object]>([
  ['the folder of the node that is /', hostPath('/')],
  ['the folder of the node that is /etc', hostPath('/etc')],
  ['a way out of the spools', hostPath('/var/lib/packetcapture/../kubelet')],
  ['a way out of the spools at the end', hostPath('/var/lib/packetcapture/..')],
  ['a folder beside the spools', hostPath('/var/lib/packetcapture-evil/x')],
  ['a folder below a spool', hostPath('/var/lib/packetcapture/a/b')],
  ['a folder whose path has two lines', hostPath('/var/lib/packetcapture/a\n/etc')],
  ["the container runtime's socket", hostPath('/run/containerd/containerd.sock')],
  ["the node's network", withPod({ hostNetwork: true })],
  ["the node's IPC", withPod({ hostIPC: true })],
  ['one process namespace for all containers', withPod({ shareProcessNamespace: true })],
  ['a second container', (pod) => ({ ...pod, containers: [...pod.containers, another] })],
  ['a container before it', withPod({ initContainers: [another] })],
  ['a sidecar', withPod({ initContainers: [{ ...another, restartPolicy: 'Always' }] })],
  ['an ephemeral container', withPod({ ephemeralContainers: [another] })],
  ['a shell', withContainer({ command: ['sh', '-c', 'id'] })],
  ['other arguments', withContainer({ args: ['operator'] })],
  ['one argument more', withContainer({ args: ['agent', '--eval=1'] })],
  ['no arguments', withContainer({ args: undefined })],
  ['a hook', withContainer({ lifecycle: { postStart: { exec: { command: ['id'] } } } })],
  ['a probe that runs a program', withContainer({ livenessProbe: { exec: { command: ['id'] } } })],
  ['a probe at the start', withContainer({ startupProbe: { exec: { command: ['id'] } } })],
  ['another folder to start in', withContainer({ workingDir: '/spool' })],
  ['a library that is loaded first', withEnv({ name: 'LD_PRELOAD', value: '/spool/x.so' })],
  ['a program that Node loads first', (pod) => withContainer({ env: [{ name: 'NODE_OPTIONS', value: '--require=/spool/x.js' }] })(pod)],
  ['a program that Node loads after its heap', (pod) => withContainer({ env: [{ name: 'NODE_OPTIONS', value: '--max-old-space-size=160 --require=/spool/x.js' }] })(pod)],
  ['Node’s options from elsewhere', (pod) => withContainer({ env: [{ name: 'NODE_OPTIONS', valueFrom: { configMapKeyRef: { name: 'x', key: 'y' } } }] })(pod)],
  ['an environment from a Secret', withContainer({ envFrom: [{ secretRef: { name: 'x' } }] })],
  ['a port', withContainer({ ports: [{ containerPort: 80 }] })],
  ['files of its own that it may change', withSecurity({ readOnlyRootFilesystem: false })],
  ['no security context', withContainer({ securityContext: undefined })],
  ['a Secret in the place of the program', withVolume({ secret: { secretName: 'x' } }, { mountPath: '/app' })],
  ['a part of a volume', withVolume({ emptyDir: {} }, { subPath: '../x' })],
  ['mounts that reach the node', withVolume({ emptyDir: {} }, { mountPropagation: 'Bidirectional' })],
  ['a block device', withContainer({ volumeDevices: [{ name: 'disk', devicePath: '/dev/sda' }] })],
  ['a claim of a volume', withVolume({ persistentVolumeClaim: { claimName: 'x' } })],
  ['a volume of a driver', withVolume({ csi: { driver: 'x' } })],
  ['a volume of a ConfigMap', withVolume({ configMap: { name: 'x' } })],
  ['a token of the API', withPod({ automountServiceAccountToken: true })],
  ['a token of the API by default', withPod({ automountServiceAccountToken: undefined })],
  ['a token of the API as a volume', token({})],
  ['a token of the API by its name', token({ audience: 'https://kubernetes.default.svc.cluster.local' })],
  ['a token of the API by its short name', token({ audience: 'api' })],
  ['a token without an audience', token({ audience: '' })],
  ['a ConfigMap beside the token', withVolume({ projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'sts.example.com' } }, { configMap: { name: 'x' } }] } })],
  ['a priority that preempts', withPod({ priorityClassName: 'system-node-critical' })],
  ['a sysctl', withPod({ securityContext: { sysctls: [{ name: 'kernel.core_pattern', value: '|/spool/x' }] } })],
  ['another address for the bucket', withPod({ hostAliases: [{ ip: '192.0.2.1', hostnames: ['s3.storage.svc'] }] })],
  ['a device', withPod({ resourceClaims: [{ name: 'gpu' }] })],
])('a Job with %s', (_, tampered) => {
  test.each(['capture', 'sweep'] as const)('is refused as a %s’s, even from the operator, and so is its pod', (kind) => {
    const job = copyOf(jobs[kind]);
    job.spec.template.spec = tampered(job.spec.template.spec) as Pod;
    const [ofJob, ofPod] = [refusals(createJob(job), OWN), refusals(createPod(podOf(job)))];
    expect([ofJob.length, ofPod.length]).not.toContain(0);
    // None by an error of evaluation.
    for (const message of [...ofJob, ...ofPod]) expect(MESSAGES).toContain(message);
    for (const message of ofJob) said.add(message);
  });
});

describe.each<[string, (pod: Pod) => object]>([
  ['the privileges of an agent', withSecurity({ privileged: true })],
  ['a capability', withSecurity({ capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } })],
  ["the node's processes", withPod({ hostPID: true })],
])('a sweep with %s', (_, tampered) => {
  test('is refused', () => {
    const job = copyOf(jobs.sweep);
    job.spec.template.spec = tampered(job.spec.template.spec) as Pod;
    expect(refusals(createJob(job), OWN)).toHaveLength(1);
  });
});

test('a sweep with a token for the token service of a bucket is refused', () => {
  const job = copyOf(jobs.sweep);
  job.spec.template.spec = token({ audience: 'sts.amazonaws.com' })(job.spec.template.spec) as Pod;
  expect(refusals(createJob(job), OWN)).toHaveLength(1);
});

test('every rule about what is made has refused one of these', () => {
  const shape = POLICIES.find(({ metadata }) => metadata.name === 'packetcapture-jobs-created')?.spec.validations.map(({ message }) => message) ?? [];
  expect(shape.filter((message) => !said.has(message))).toEqual(['Jobs are made here by the operator alone', 'pods are made here by the Job controller alone']);
});

test('an agent that sees the spools of all runs is refused, and a sweep that sees one', () => {
  const swapped = (kind: keyof typeof jobs, path: string): Job => {
    const job = copyOf(jobs[kind]);
    job.spec.template.spec.volumes = job.spec.template.spec.volumes.map((volume) => ('hostPath' in volume ? { ...volume, hostPath: { path } } : volume));
    return job;
  };
  expect(refusals(createJob(swapped('capture', '/var/lib/packetcapture')), OWN)).toHaveLength(1);
  expect(refusals(createJob(swapped('capture', '/var/lib/packetcapture/')), OWN)).toHaveLength(1);
  expect(refusals(createJob(swapped('sweep', '/var/lib/packetcapture/run')), OWN)).toHaveLength(1);
});

describe('what is there already', () => {
  const pod = { metadata: { name: 'a', annotations: { [CONTROL_ANNOTATION]: '{"attempt":1}' }, finalizers: ['batch.kubernetes.io/job-tracking'] }, spec: { ...(podOf(jobs.capture) as { spec: object }).spec, nodeName: 'node-a' } };
  const update = (object: unknown, username: string): Request => ({ operation: 'UPDATE', resource: 'pods', namespace: JOBS, username, oldObject: pod, object });
  const controlled = { ...pod, metadata: { ...pod.metadata, annotations: { [CONTROL_ANNOTATION]: '{"attempt":2}' } } };

  test('is spoken to by the operator, and let go of by the Job controller', () => {
    expect(refusals(update(controlled, OPERATOR))).toEqual([]);
    expect(refusals(update({ ...pod, metadata: { ...pod.metadata, finalizers: [] } }, JOB_CONTROLLER))).toEqual([]);
    const job = { ...jobs.capture, spec: { ...jobs.capture.spec, parallelism: 0 } };
    expect(refusals({ ...createJob(job), operation: 'UPDATE', oldObject: jobs.capture })).toEqual([]);
  });

  test('is told nothing by anybody else', () => {
    expect(refusals(update(controlled, 'kubernetes-admin'))).toEqual(['the annotation packetcapture.dev/control is the operator\'s']);
    expect(refusals(update({ ...pod, metadata: { name: 'a' } }, 'kubernetes-admin'))).toHaveLength(1);
  });

  test('goes on with the image that it had', () => {
    const other = { ...pod, spec: withContainer({ image: 'evil' })(pod.spec as unknown as Pod) };
    for (const username of [OPERATOR, 'kubernetes-admin', JOB_CONTROLLER]) expect(refusals(update(other, username))).toEqual(['what a pod runs here is never changed']);
  });

  test('made by an older version is not asked for its shape', () => {
    const old = { metadata: { name: 'a', finalizers: ['batch.kubernetes.io/job-tracking'] }, spec: { containers: [{ name: 'agent', args: ['agent', '--old'] }] } };
    expect(refusals({ ...update({ ...old, metadata: { name: 'a' } }, JOB_CONTROLLER), oldObject: old })).toEqual([]);
  });
});

describe('a pod is entered by nobody', () => {
  test.each(['pods/exec', 'pods/attach', 'pods/proxy'])('%s', (resource) => {
    for (const who of [ADMIN, { username: OPERATOR }]) expect(refusals({ operation: 'CONNECT', resource, namespace: JOBS, ...who })).toEqual([expect.stringContaining('packetcapture-pods-entered')]);
    expect(refusals({ operation: 'CONNECT', resource, namespace: 'shop', ...ADMIN })).toEqual([]);
  });

  test('and a port-forward to a live session enters none', () => {
    expect(refusals({ operation: 'CONNECT', resource: 'pods/portforward', namespace: JOBS, ...ADMIN })).toEqual([]);
  });

  test('kubectl debug', () => {
    for (const namespace of [JOBS, 'packetcapture-system']) expect(refusals({ operation: 'UPDATE', resource: 'pods/ephemeralcontainers', namespace, ...ADMIN, object: {}, oldObject: {} })).toHaveLength(1);
  });

  test("the operator's own, whose metrics may be looked at", () => {
    const connect = (resource: string): string[] => refusals({ operation: 'CONNECT', resource, namespace: 'packetcapture-system', ...ADMIN });
    expect(['pods/exec', 'pods/attach'].map(connect).map(({ length }) => length)).toEqual([1, 1]);
    expect(['pods/portforward', 'pods/proxy'].flatMap(connect)).toEqual([]);
  });
});

describe.each([JOBS, 'packetcapture-system'])('a token of a service account in %s', (namespace) => {
  const token: Request = { operation: 'CREATE', resource: 'serviceaccounts/token', namespace, username: 'system:node:node-a', groups: ['system:nodes', 'system:authenticated'], object: { kind: 'TokenRequest', spec: {} } };
  const secret = (type?: string): Request => ({ operation: 'CREATE', resource: 'secrets', namespace, ...ADMIN, object: { kind: 'Secret', ...(type !== undefined && { type }) } });

  test('is given to kubelets alone', () => {
    expect(refusals(token)).toEqual([]);
    expect(refusals({ ...token, ...ADMIN })).toHaveLength(1);
    expect(refusals({ ...token, username: OPERATOR, groups: [] })).toHaveLength(1);
  });

  test.each<[string[], boolean]>([
    [['sts.amazonaws.com'], true],
    [['https://kubernetes.default.svc'], false],
    [['sts.amazonaws.com', 'api'], false],
    [[''], false],
    [[], false],
  ])("is given to the operator for a bucket's token service at most: %j", (audiences, isGiven) => {
    const asked = refusals({ ...token, username: OPERATOR, groups: [], object: { kind: 'TokenRequest', spec: { audiences } } });
    expect(asked).toHaveLength(isGiven && namespace === JOBS ? 0 : 1);
  });

  test('is never in a Secret, where other Secrets are welcome', () => {
    expect(refusals(secret('kubernetes.io/service-account-token'))).toHaveLength(1);
    expect(refusals(secret('Opaque'))).toEqual([]);
    expect(refusals(secret('kubernetes.io/dockerconfigjson'))).toEqual([]);
  });
});

describe("a user's capture", () => {
  const capture = aCapture({}, { labels: { team: 'shop' }, annotations: { note: 'x' }, finalizers: ['example.com/keep'] });
  const update = (metadata: object, spec: object = {}, username = OPERATOR): string[] => {
    const object = { ...capture, metadata: { ...capture.metadata, ...metadata }, spec: { ...(capture.spec as object), ...spec } };
    return refusals({ operation: 'UPDATE', group: 'packetcapture.dev', resource: 'packetcaptures', namespace: 'shop', username, oldObject: capture, object });
  };

  test('gets and loses the operator’s finalizer', () => {
    expect(update({ finalizers: ['example.com/keep', FINALIZER] })).toEqual([]);
    expect(update({ finalizers: [FINALIZER, 'example.com/keep'], resourceVersion: '8', generation: 2 })).toEqual([]);
  });

  test.each<[string, object, object]>([
    ['spec', {}, { filter: 'udp' }],
    ['labels', { labels: { team: 'other' } }, {}],
    ['labels', { labels: undefined }, {}],
    ['annotations', { annotations: { note: 'x', 'packetcapture.dev/stop': 'now' } }, {}],
    ['owner', { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'x' }] }, {}],
    ['finalizer', { finalizers: [FINALIZER] }, {}],
    ['finalizer', { finalizers: ['example.com/keep', 'example.com/more'] }, {}],
  ])('keeps its %s: %j %j', (what, metadata, spec) => {
    expect(update(metadata, spec)).toEqual([expect.stringContaining(what)]);
  });

  test('is its user’s to change', () => {
    expect(update({ labels: {}, annotations: {}, finalizers: [] }, { filter: 'udp' }, 'dana')).toEqual([]);
  });
});

test('pods and Jobs of other namespaces are nobody’s business here', () => {
  const pod = { spec: { containers: [{ image: 'debian', command: ['sh'] }], hostNetwork: true } };
  expect(refusals({ ...createPod(pod, 'dana'), namespace: 'shop' })).toEqual([]);
  expect(refusals({ ...createPod(pod, 'dana'), namespace: 'packetcapture-system' })).toEqual([]);
});
