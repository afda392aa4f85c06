// The rules of what is captured.
import { LABEL_KEY_PATTERN, LABEL_VALUE_PATTERN, selectorProblem } from './label-selector.js';
import type { PacketCaptureSpec } from './packetcapture.js';
import type { Rule } from './rule.js';

export const target: Rule = {
  field: 'spec.target',
  demands: 'exactly one of `podName`, `podSelector` and `workloadRef`',
  check: (s) => oneTarget(s.target),
  cel: [
    {
      expression: '[has(self.podName), has(self.podSelector), has(self.workloadRef)].exists_one(given, given)',
      // Of none, two or three.
      value: `!has(self.podSelector) && !has(self.workloadRef) ? 'names nothing' : 'has ' + (has(self.podName) ? 'podName and ' : '') + (has(self.podSelector) ? 'podSelector' : '') + (has(self.podSelector) && has(self.workloadRef) ? ' and ' : '') + (has(self.workloadRef) ? 'workloadRef' : '')`,
      message: 'must have exactly one of podName, podSelector and workloadRef; add one, for example "podName: web-0", or keep one and make a capture of each',
    },
  ],
};

const KEY = `matches('${LABEL_KEY_PATTERN.replaceAll('\\', '\\\\')}')`;
const VALUE = `self.matches('${LABEL_VALUE_PATTERN}')`;
const VALUE_MESSAGE = 'letters, digits, "-", "_" and "." only, beginning and ending with a letter or digit';

export const podSelector: Rule = {
  field: 'spec.target.podSelector',
  demands: 'keys and values that labels can have; `In` and `NotIn` with values, `Exists` and `DoesNotExist` without',
  check: (s) => (s.target.podSelector === undefined ? undefined : selectorProblem(s.target.podSelector)),
  cel: [
    {
      scope: 'spec.target.podSelector.matchLabels',
      expression: `self.all(key, key.${KEY} && key.indexOf('/') <= 253)`,
      message: 'has a key that no label can have; write for example "app" or "app.kubernetes.io/name"',
    },
    { scope: 'spec.target.podSelector.matchLabels.*', expression: VALUE, message: `is no value of a label: ${VALUE_MESSAGE}` },
    {
      scope: 'spec.target.podSelector.matchExpressions[]',
      below: '.key',
      expression: `self.key.${KEY} && self.key.indexOf('/') <= 253`,
      message: 'is no key of a label; write for example "app" or "app.kubernetes.io/name"',
    },
    {
      scope: 'spec.target.podSelector.matchExpressions[]',
      below: '.operator',
      expression: `(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)`,
      // Not the field itself: to older servers, which do not look at its enum, it has any length.
      value: `self.operator == 'In' ? '"In"' : self.operator == 'NotIn' ? '"NotIn"' : self.operator == 'Exists' ? '"Exists"' : '"DoesNotExist"'`,
      message: 'In and NotIn need one or more values, Exists and DoesNotExist take none; add for example "values: [web]", or remove them',
    },
    { scope: 'spec.target.podSelector.matchExpressions[].values[]', expression: VALUE, message: `cannot be the value of a label: ${VALUE_MESSAGE}` },
  ],
};

export const workloadApiVersion: Rule = {
  field: 'spec.target.workloadRef.apiVersion',
  demands: '`apps/v1` for Deployment, StatefulSet, DaemonSet and ReplicaSet, `batch/v1` for Job, `v1` for Service',
  check: (s) => (s.target.workloadRef === undefined ? undefined : apiVersionOf(s.target.workloadRef)),
  cel: [
    {
      scope: 'spec.target.workloadRef',
      below: '.apiVersion',
      expression: `self.apiVersion == (self.kind == 'Job' ? 'batch/v1' : self.kind == 'Service' ? 'v1' : 'apps/v1')`,
      message: 'must be "batch/v1" for a Job, "v1" for a Service and "apps/v1" for the other kinds',
    },
  ],
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
