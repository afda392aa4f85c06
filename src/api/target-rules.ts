// The rules of what is captured.
import { LABEL_KEY_PATTERN, LABEL_VALUE_PATTERN, selectorProblem } from './label-selector.js';
import type { PacketCaptureSpec } from './packetcapture.js';
import type { Rule } from './rule.js';

export const target: Rule = {
  field: 'spec.target',
  demands: 'exactly one of `podName`, `podSelector` and `workloadRef`',
  check: (s) => oneTarget(s.target),
  cel: {
    expression: '[has(self.podName), has(self.podSelector), has(self.workloadRef)].exists_one(given, given)',
    message: 'must have exactly one of podName, podSelector and workloadRef: add one, for example "podName: web-0", or keep one and make a capture of each',
  },
};

const keyFits = (key: string): string => `${key}.matches('${LABEL_KEY_PATTERN.replaceAll('\\', '\\\\')}') && ${key}.indexOf('/') <= 253`;
const valueFits = (value: string): string => `${value}.matches('${LABEL_VALUE_PATTERN}')`;

export const podSelector: Rule = {
  field: 'spec.target.podSelector',
  demands: 'keys and values that labels can have; `In` and `NotIn` with values, `Exists` and `DoesNotExist` without',
  check: (s) => (s.target.podSelector === undefined ? undefined : selectorProblem(s.target.podSelector)),
  cel: {
    expression: [
      `(!has(self.matchLabels) || self.matchLabels.all(key, ${keyFits('key')} && ${valueFits('self.matchLabels[key]')}))`,
      `(!has(self.matchExpressions) || self.matchExpressions.all(e, ${keyFits('e.key')} && (has(e.values) && size(e.values) > 0) == (e.operator in ['In', 'NotIn']) && (!has(e.values) || e.values.all(value, ${valueFits('value')}))))`,
    ].join(' && '),
    message:
      'must have keys and values that labels can have, values with In and NotIn, and none with Exists and DoesNotExist; write for example "matchLabels: {app: web}" or "matchExpressions: [{key: app, operator: In, values: [web]}]"',
  },
};

export const workloadApiVersion: Rule = {
  field: 'spec.target.workloadRef.apiVersion',
  demands: '`apps/v1` for Deployment, StatefulSet, DaemonSet and ReplicaSet, `batch/v1` for Job, `v1` for Service',
  check: (s) => (s.target.workloadRef === undefined ? undefined : apiVersionOf(s.target.workloadRef)),
  cel: {
    scope: 'spec.target.workloadRef',
    expression: `self.apiVersion == (self.kind == 'Job' ? 'batch/v1' : self.kind == 'Service' ? 'v1' : 'apps/v1')`,
    message: 'must be "batch/v1" for a Job, "v1" for a Service and "apps/v1" for the other kinds',
  },
};

const TARGETS = ['podName', 'podSelector', 'workloadRef'] as const;

function oneTarget(spec: PacketCaptureSpec['target']): string | undefined {
  const given = TARGETS.filter((field) => spec[field] !== undefined);
  if (given.length === 1) return undefined;
  return given.length === 0 ? 'names nothing: add one of podName, podSelector and workloadRef, for example "podName: web-0"' : `has ${given.join(' and ')}: keep one of them, or make a capture of each`;
}

const API_VERSION_OF: Record<string, string> = { Job: 'batch/v1', Service: 'v1' };

function apiVersionOf({ apiVersion, kind }: NonNullable<PacketCaptureSpec['target']['workloadRef']>): string | undefined {
  const right = API_VERSION_OF[kind] ?? 'apps/v1';
  return apiVersion === right ? undefined : `"${apiVersion}": a ${kind} is of "${right}"; use that`;
}
