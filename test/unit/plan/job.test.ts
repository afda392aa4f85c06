import { describe, expect, test } from '@jest/globals';
import { AGENT_PATH, HOST_SPOOL_ROOT, jobConfigSchema, JOB_CONFIG_ENV } from '../../../src/protocol/job-config.js';
import { AGENT_MEMORY_BYTES } from '../../../src/plan/job.js';
import { planCapture } from '../../../src/plan/plan.js';
import { aCapture, aWorld, recordOf, UID } from './builders.js';

interface Job {
  metadata: { name: string; namespace: string; labels: Record<string, string> };
  spec: { backoffLimit: number; template: { metadata: { annotations: object }; spec: PodSpec } } & Record<string, unknown>;
}
type PodSpec = { containers: { env: { name: string; value?: string }[]; resources: object; securityContext: object; volumeMounts: { name: string; mountPath: string }[]; args: string[] }[]; volumes: ({ name: string } & Record<string, unknown>)[] } & Record<string, unknown>;

const jobOf = (spec: object = {}, config: object = {}): Job => {
  const world = aWorld({ capture: aCapture(spec) });
  return planCapture({ ...world, config: { ...world.config, ...config } }).children.createJobs[0] as Job;
};
const podOf = (job: Job): PodSpec => job.spec.template.spec;

describe('the capture Job', () => {
  test('has the same name at every try, and lives in the namespace of its own', () => {
    expect(jobOf().metadata.name).toBe(jobOf().metadata.name);
    expect(jobOf().metadata.name).toMatch(/^pktcap-20261120t030512z-[0-9a-f]{6}-[0-9a-f]{10}$/);
    expect(jobOf().metadata.namespace).toBe('packetcapture-jobs');
  });

  test('has no time limit of its own, and is never deleted for having failed often', () => {
    const { spec } = jobOf();
    expect([spec['activeDeadlineSeconds'], spec['ttlSecondsAfterFinished']]).toEqual([undefined, undefined]);
    expect(spec.backoffLimit).toBeGreaterThanOrEqual(100_000);
  });

  test('is pinned to the node by its name and tolerates everything, without preempting', () => {
    expect(podOf(jobOf())).toMatchObject({
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-a'] }] }] } } },
      tolerations: [{ operator: 'Exists' }],
      priorityClassName: 'packetcapture-agent',
      restartPolicy: 'OnFailure',
    });
  });

  test('carries no API token, opens no port, and mounts only its own Secret and its own folder', () => {
    const pod = podOf(jobOf());
    expect(pod).toMatchObject({ automountServiceAccountToken: false, hostPID: true, enableServiceLinks: false });
    expect(pod['hostNetwork']).toBeUndefined();
    expect(JSON.stringify(pod)).not.toContain('containerPort');
    const { run } = recordOf(planCapture(aWorld()));
    const volumes = pod.volumes.map(({ name, ...source }) => [name, source]);
    expect(Object.fromEntries(volumes)).toMatchObject({
      credentials: { secret: { secretName: run.secretName } },
      spool: { hostPath: { path: `${HOST_SPOOL_ROOT}/${UID}.${run.id}`, type: 'DirectoryOrCreate' } },
    });
    expect(volumes.map(([name]) => name)).toEqual(['control', 'credentials', 'spool', 'tmp']);
    expect(pod.containers[0]?.volumeMounts.map(({ mountPath }) => mountPath)).toEqual([AGENT_PATH.control, AGENT_PATH.credentials, AGENT_PATH.spool, '/tmp']);
  });

  test("bounds V8's heap below what the agent is said to take, and that below its limit", () => {
    const container = podOf(jobOf()).containers[0];
    const options = (container?.env as { name: string; value?: string }[]).find(({ name }) => name === 'NODE_OPTIONS')?.value;
    const heapBytes = Number(/^--max-old-space-size=(\d+)$/.exec(options ?? '')?.[1]) * 2 ** 20;
    expect(heapBytes).toBeLessThan(AGENT_MEMORY_BYTES);
    expect(AGENT_MEMORY_BYTES).toBeLessThan(512 * 2 ** 20);
  });

  test.each([
    [{ podSelector: {} }, 4],
    [{ podSelector: {}, maxTargets: 2 }, 2],
    [{ podSelector: {}, maxTargets: 50 }, 4],
  ])('of %j has memory for the buffers of %d targets', (target, buffers) => {
    const container = podOf(jobOf({ target, bufferSize: '64Mi' })).containers[0];
    expect(container?.resources).toMatchObject({ requests: { memory: `${128 + buffers * 64}Mi` }, limits: { memory: `${1024 + buffers * 64}Mi` } });
    expect(JSON.stringify(container)).toContain(`bufferBudgetBytes\\":${buffers * 64 * 2 ** 20}`);
  });

  test('asks for CPU and has no CPU limit; the kernel buffer is within its memory', () => {
    expect(podOf(jobOf({ bufferSize: '64Mi' })).containers[0]?.resources).toEqual({ requests: { cpu: '100m', memory: '192Mi' }, limits: { memory: '1088Mi' } });
  });

  test.each([
    ['64Mi', 544 + 32],
    ['100M', 544 + 48],
    ['1Gi', 544 + 512],
    ['10Gi', 544 + 512],
  ])('with a spool of %s may take %d MiB: page cache for half of the spool is in it, up to 512 MiB', (maxSize, mebibytes) => {
    expect(podOf(jobOf({ spool: { maxSize } })).containers[0]?.resources).toMatchObject({ requests: { memory: '160Mi' }, limits: { memory: `${mebibytes}Mi` } });
  });

  test('tells the agent the run in an environment variable that its schema takes, without a credential or control', () => {
    const pod = podOf(jobOf({ maxSize: '1G', upload: { policy: 'OnDemand', compression: 'Zstd' } }));
    const value = pod.containers[0]?.env.find(({ name }) => name === JOB_CONFIG_ENV)?.value ?? '';
    expect(jobConfigSchema.parse(JSON.parse(value))).toMatchObject({
      capture: { namespace: 'shop', name: 'web-resets', uid: UID },
      node: 'node-a',
      tcpdump: { interface: 'any', filter: 'tcp port 8080', snapLength: 262_144, bufferSizeBytes: 32 * 2 ** 20, bufferBudgetBytes: 32 * 2 ** 20 },
      ring: { fileSizeBytes: 10_000_000, rotateIntervalSeconds: 30 },
      spool: { maxSizeBytes: 2 ** 30, reserveFraction: 0.15, retentionSeconds: 86_400 },
      upload: { policy: 'OnDemand', compression: 'Zstd' },
      destination: { bucket: 'captures', prefix: 'clusters/prod/' },
    });
    expect(JSON.stringify(jobOf())).not.toMatch(/a2V5|c2VjcmV0|remainingMs/);
  });

  test('is privileged, and only that, unless the operator says otherwise', () => {
    expect(podOf(jobOf()).containers[0]).toMatchObject({ securityContext: { privileged: true, runAsUser: 0, runAsNonRoot: false, readOnlyRootFilesystem: true } });
    expect(podOf(jobOf()).containers).toHaveLength(1);
    expect(JSON.stringify(jobOf())).not.toContain('apparmor');
  });

  test('holds a list of capabilities in place of all, confined by no profile that hides the targets', () => {
    const job = jobOf({}, { capturePrivileges: 'Capabilities' });
    expect(podOf(job).containers[0]?.securityContext).toEqual({
      privileged: false,
      runAsUser: 0,
      runAsNonRoot: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], add: ['NET_RAW', 'SETGID', 'SYS_ADMIN', 'SYS_NICE', 'SYS_PTRACE'] },
      seLinuxOptions: { type: 'spc_t' },
    });
    expect(job.spec.template.metadata.annotations).toMatchObject({ 'container.apparmor.security.beta.kubernetes.io/agent': 'unconfined' });
    expect(podOf(job)).toMatchObject({ hostPID: true, securityContext: { seccompProfile: { type: 'RuntimeDefault' } } });
  });

  test('runs the operator’s image, pulled with its secrets', () => {
    const pod = podOf(jobOf({}, { agentImage: 'registry.example/packetcapture:9', imagePullSecrets: ['pull'] }));
    expect(pod).toMatchObject({ imagePullSecrets: [{ name: 'pull' }], containers: [{ image: 'registry.example/packetcapture:9', args: ['agent'] }] });
  });
});
