import { describe, expect, test } from '@jest/globals';
import { checkOperator, flagOf, type DeploymentObject, type OperatorSeen } from '../../../../src/cli/check/operator.js';
import { lines, results } from './words.js';

const NOW = Date.parse('2026-11-20T03:05:12Z');
const meta = (name: string, labels: Record<string, string> = {}) => ({ metadata: { name, uid: 'u', resourceVersion: '1', labels } });
const podSecurity = (level: string) => ({ 'pod-security.kubernetes.io/enforce': level });

const aDeployment = (overrides: { spec?: object; status?: object; args?: string[] } = {}): DeploymentObject => ({
  ...meta('packetcapture-operator'),
  spec: { replicas: 2, template: { spec: { containers: [{ image: 'registry.example/packetcapture:1', args: overrides.args ?? ['operator'] }] } }, ...overrides.spec },
  status: { availableReplicas: 2, ...overrides.status },
});

const seen = (overrides: Partial<OperatorSeen> = {}): OperatorSeen => ({
  deployments: { value: [aDeployment()] },
  lease: { value: { ...meta('packetcapture-operator'), spec: { holderIdentity: 'operator-7d_0b7e', leaseDurationSeconds: 12, renewTime: '2026-11-20T03:05:10.000000Z' } } },
  isRenewed: true,
  systemNamespace: { value: meta('packetcapture-system', podSecurity('restricted')) },
  jobsNamespace: { value: meta('packetcapture-jobs', podSecurity('privileged')) },
  serviceAccount: { value: meta('packetcapture-agent') },
  priorityClass: { value: { ...meta('packetcapture-agent'), preemptionPolicy: 'Never' } },
  ...overrides,
});
const found = (overrides: Partial<OperatorSeen> = {}): string[] => lines(checkOperator(seen(overrides), 'packetcapture-jobs', NOW));

test('an operator that runs', () => {
  expect(found()).toEqual([
    'ok: namespace packetcapture-system is there (Pod Security restricted)',
    'ok: Deployment packetcapture-operator: 2 of 2 replicas available, image registry.example/packetcapture:1',
    'ok: Lease packetcapture-operator is held by operator-7d, which renews it',
    'ok: namespace packetcapture-jobs is there (Pod Security privileged)',
    'ok: ServiceAccount packetcapture-agent is in packetcapture-jobs',
    'ok: PriorityClass packetcapture-agent never preempts',
  ]);
});

describe('what is wrong is said', () => {
  const unavailable = { conditions: [{ type: 'Available', status: 'False', message: 'Deployment does not have minimum availability.' }], availableReplicas: 0 };
  const expired = { value: { ...meta('packetcapture-operator'), spec: { holderIdentity: 'operator-7d_0b7e', leaseDurationSeconds: 12, renewTime: '2026-11-20T03:00:12.000000Z' } } };
  const released = { value: { ...meta('packetcapture-operator'), spec: { holderIdentity: '', leaseDurationSeconds: 1 } } };
  test.each<[string, Partial<OperatorSeen>, string]>([
    ['no Deployment', { deployments: { value: [] } }, 'fail: no Deployment in packetcapture-system has the label app.kubernetes.io/name=packetcapture-operator: the operator is not installed'],
    ['scaled to nothing', { deployments: { value: [aDeployment({ spec: { replicas: 0 } })] } }, 'fail: Deployment packetcapture-operator is scaled to 0: no operator runs'],
    ['no replica', { deployments: { value: [aDeployment({ status: unavailable })] } }, 'fail: Deployment packetcapture-operator: 0 of 2 replicas available, image registry.example/packetcapture:1; Deployment does not have minimum availability.'],
    ['one of two replicas', { deployments: { value: [aDeployment({ status: { availableReplicas: 1 } })] } }, 'warn: Deployment packetcapture-operator: 1 of 2 replicas available, image registry.example/packetcapture:1'],
    ['a lease that nobody renews', { isRenewed: false, lease: expired }, 'fail: Lease packetcapture-operator is held by operator-7d, and was renewed last 5m ago: no operator acts'],
    ['a lease that nobody holds', { isRenewed: false, lease: released }, 'fail: nobody holds the Lease packetcapture-operator: no operator acts'],
    ['no lease', { isRenewed: false, lease: { value: undefined } }, 'fail: nobody holds the Lease packetcapture-operator: no operator acts'],
    ['no namespace of Jobs', { jobsNamespace: { value: undefined } }, 'fail: namespace packetcapture-jobs of the capture pods is not there'],
    ['a namespace that refuses capture pods', { jobsNamespace: { value: meta('packetcapture-jobs', podSecurity('baseline')) } }, 'fail: namespace packetcapture-jobs enforces Pod Security "baseline", which refuses capture pods'],
    ['a namespace without a label', { jobsNamespace: { value: meta('packetcapture-jobs') } }, "warn: namespace packetcapture-jobs has no label pod-security.kubernetes.io/enforce: whether capture pods may be privileged is left to the cluster's default"],
    ['no ServiceAccount', { serviceAccount: { value: undefined } }, 'fail: ServiceAccount packetcapture-agent is not in packetcapture-jobs: no capture pod can be made'],
    ['no PriorityClass', { priorityClass: { value: undefined } }, 'fail: PriorityClass packetcapture-agent is not there: no capture pod can be made'],
    ['a PriorityClass that preempts', { priorityClass: { value: meta('packetcapture-agent') } }, 'warn: PriorityClass packetcapture-agent may preempt: capture pods could push others off a node'],
    ['what this user may not see', { deployments: { forbidden: true } }, 'warn: cannot see Deployments in packetcapture-system: this user may not'],
    ['what could not be read', { lease: { problem: 'no answer within 30000 ms' } }, "fail: cannot read the operator's Lease in packetcapture-system: no answer within 30000 ms"],
  ])('%s', (_what, overrides, line) => expect(found(overrides)).toContain(line));
});

test('an operator without election needs no lease', () => {
  const deployments = { value: [aDeployment({ args: ['operator', '--leader-elect=false'] })] };
  expect(results(checkOperator(seen({ deployments, lease: { value: undefined }, isRenewed: false }), 'packetcapture-jobs', NOW))).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
});

test('a flag is found in either way of writing it', () => {
  expect(flagOf(aDeployment({ args: ['operator', '--jobs-namespace=caps'] }), 'jobs-namespace')).toBe('caps');
  expect(flagOf(aDeployment({ args: ['operator', '--jobs-namespace', 'caps'] }), 'jobs-namespace')).toBe('caps');
  expect(flagOf(aDeployment(), 'jobs-namespace')).toBeUndefined();
});
