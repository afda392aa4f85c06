// What the pods of an installation ask of a cluster, judged by an API server that admits pods by policy.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { buildJob } from '../../../src/plan/job.js';
import { CAPTURE_PRIVILEGES } from '../../../src/plan/privileges.js';
import { workingSpec } from '../../../src/plan/run.js';
import { buildSweepJob } from '../../../src/plan/sweep.js';
import { aWorld, running } from '../../unit/plan/builders.js';
import { startApiServer, type ApiServer } from '../api-server.js';

interface Template {
  metadata: { labels: Record<string, string> };
  spec: { containers: { securityContext?: object }[]; securityContext?: object };
}
const templateOf = (object: unknown): Template => (object as { spec: { template: Template } }).spec.template;

/** Kubernetes' own example of a restricted policy, without the parts that would fill in what a pod leaves out. 1.20 has no Pod Security admission yet. */
const RESTRICTED = {
  apiVersion: 'policy/v1beta1',
  kind: 'PodSecurityPolicy',
  metadata: { name: 'restricted', annotations: { 'seccomp.security.alpha.kubernetes.io/allowedProfileNames': 'runtime/default' } },
  spec: {
    privileged: false,
    allowPrivilegeEscalation: false,
    requiredDropCapabilities: ['ALL'],
    volumes: ['configMap', 'emptyDir', 'projected', 'secret', 'downwardAPI', 'persistentVolumeClaim'],
    hostNetwork: false,
    hostIPC: false,
    hostPID: false,
    readOnlyRootFilesystem: true,
    runAsUser: { rule: 'MustRunAsNonRoot' },
    seLinux: { rule: 'RunAsAny' },
    supplementalGroups: { rule: 'RunAsAny' },
    fsGroup: { rule: 'RunAsAny' },
  },
};
const ANYTHING = {
  apiVersion: 'policy/v1beta1',
  kind: 'PodSecurityPolicy',
  metadata: { name: 'privileged', annotations: { 'seccomp.security.alpha.kubernetes.io/allowedProfileNames': '*' } },
  spec: { privileged: true, allowPrivilegeEscalation: true, allowedCapabilities: ['*'], volumes: ['*'], hostPID: true, runAsUser: { rule: 'RunAsAny' }, seLinux: { rule: 'RunAsAny' }, supplementalGroups: { rule: 'RunAsAny' }, fsGroup: { rule: 'RunAsAny' } },
};
const rbac = (kind: string, namespace: string | undefined, name: string, rest: object): object => ({ apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata: { name, ...(namespace !== undefined && { namespace }) }, ...rest });
const mayUse = (policy: string): object => rbac('ClusterRole', undefined, `use-${policy}`, { rules: [{ apiGroups: ['policy'], resources: ['podsecuritypolicies'], resourceNames: [policy], verbs: ['use'] }, { apiGroups: [''], resources: ['pods'], verbs: ['create'] }] });
const MAKER = 'job-controller';
const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: MAKER }];
const roleRef = (policy: string): object => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `use-${policy}` });

const { record } = running();
const spec = workingSpec(record.run) as NonNullable<ReturnType<typeof workingSpec>>;
const captures = Object.fromEntries(CAPTURE_PRIVILEGES.map((capturePrivileges) => [capturePrivileges, templateOf(buildJob(record.capture, record.run, spec, 'node-a', { ...aWorld().config, capturePrivileges }))]));
const sweep = templateOf(buildSweepJob('node-a', { version: 1, retentionSeconds: 1, keep: [], keepPrefixes: [] }, aWorld().config));
const operator = templateOf(parse(await readFile('config/manager/deployment.yaml', 'utf8')));

let apiServer: ApiServer;
const apply = (...objects: object[]): Promise<string> => apiServer.kubectl(['apply', '-f', '-'], objects.map((o) => JSON.stringify(o)).join('\n'));

beforeAll(async () => {
  apiServer = await startApiServer({ flags: ['--enable-admission-plugins=PodSecurityPolicy', '--allow-privileged=true'] });
  await apiServer.apply('config/default');
  await apiServer.kubectl(['create', 'namespace', 'shop']);
  await apply(RESTRICTED, ANYTHING, mayUse('restricted'), mayUse('privileged'));
  // As Pod Security does it by a namespace's label: `restricted` everywhere, `privileged` for the capture pods alone.
  await apply(rbac('ClusterRoleBinding', undefined, 'restricted', { roleRef: roleRef('restricted'), subjects }), rbac('RoleBinding', 'packetcapture-jobs', 'privileged', { roleRef: roleRef('privileged'), subjects }));
}, 60_000);
afterAll(() => apiServer.stop(), 30_000);

describe('under a restricted policy', () => {
  let made = 0;
  async function created(namespace: string, { metadata, spec: podSpec }: Template): Promise<Template> {
    made += 1;
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name: `pod-${made}`, namespace }, spec: { ...podSpec, restartPolicy: 'Never' } };
    return JSON.parse(await apiServer.kubectl(['create', '--as', MAKER, '-o', 'json', '-f', '-'], JSON.stringify(pod))) as Template;
  }

  test('the operator is admitted as it is, with nothing filled in', async () => {
    const admitted = await created('packetcapture-system', operator);
    expect(admitted.spec.securityContext).toEqual(operator.spec.securityContext);
    expect(admitted.spec.containers.map(({ securityContext }) => securityContext)).toEqual(operator.spec.containers.map(({ securityContext }) => securityContext));
  });

  test('the operator without its seccomp profile is refused: the policy is in force', async () => {
    const { seccompProfile: _, ...securityContext } = operator.spec.securityContext as { seccompProfile: object };
    await expect(created('packetcapture-system', { ...operator, spec: { ...operator.spec, securityContext } })).rejects.toThrow('seccomp');
  });

  test.each(CAPTURE_PRIVILEGES)('a capture pod (%s) is refused in a tenant’s namespace, and admitted in its own', async (privileges) => {
    const template = captures[privileges] as Template;
    const refusal = created('shop', template);
    await expect(refusal).rejects.toThrow(privileges === 'Privileged' ? 'Privileged containers are not allowed' : 'capability may not be added');
    await expect(refusal).rejects.toThrow('Host PID is not allowed to be used');
    await expect(refusal).rejects.toThrow('hostPath volumes are not allowed to be used');
    expect((await created('packetcapture-jobs', template)).spec.containers[0]?.securityContext).toMatchObject(template.spec.containers[0]?.securityContext ?? {});
  });

  test('a sweep pod is refused for its folder of the node and for being root, and for nothing else', async () => {
    const words = await created('shop', sweep).then(() => 'admitted', (error: Error) => error.message);
    expect(words).toContain('hostPath volumes are not allowed to be used');
    expect(words).toContain('runAsNonRoot: Invalid value: false: must be true');
    expect(words).not.toMatch(/Privileged|capability|Host PID|Host IPC|Host network|seccomp|escalation|ReadOnlyRootFilesystem/i);
    expect((await created('packetcapture-jobs', sweep)).spec.containers).toHaveLength(1);
  });
});
