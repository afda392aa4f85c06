// What every pod has that a Job sends to a node, a capture's and a sweep's alike.
import { describe, expect, test } from '@jest/globals';
import { buildJob } from '../../../src/plan/job.js';
import { workingSpec } from '../../../src/plan/run.js';
import { buildSweepJob } from '../../../src/plan/sweep.js';
import { aWorld, running } from './builders.js';

const { record } = running();
const config = { ...aWorld().config, imagePullSecrets: ['pull'] };
const spec = workingSpec(record.run) as NonNullable<ReturnType<typeof workingSpec>>;

describe.each([
  ['capture', buildJob(record.capture, record.run, spec, 'node-a', config)],
  ['sweep', buildSweepJob('node-a', { version: 1, retentionSeconds: 1, keep: [], keepPrefixes: [] }, config)],
])('the pod of a %s', (_, job) => {
  const { template } = (job as { spec: { template: { metadata: object; spec: object } } }).spec;
  test('goes to its node, wherever else pods may not go, and preempts nobody', () => {
    const nodeSelectorTerms = [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-a'] }] }];
    expect(template.spec).toMatchObject({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } }, tolerations: [{ operator: 'Exists' }], priorityClassName: 'packetcapture-agent' });
  });
  test('shares no network and no IPC with its node, and has the seccomp profile of the runtime', () => {
    expect(template.spec).toMatchObject({ securityContext: { seccompProfile: { type: 'RuntimeDefault' } } });
    expect(Object.keys(template.spec).filter((key) => ['hostNetwork', 'hostIPC', 'hostUsers', 'shareProcessNamespace', 'initContainers', 'dnsConfig'].includes(key))).toEqual([]);
  });
  test('has no token, and no sidecar of a mesh', () => {
    expect(template.spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false, imagePullSecrets: [{ name: 'pull' }] });
    expect(template.metadata).toMatchObject({ labels: { 'sidecar.istio.io/inject': 'false' }, annotations: { 'linkerd.io/inject': 'disabled', 'kuma.io/sidecar-injection': 'disabled' } });
  });
});
