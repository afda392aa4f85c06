// The rules of names: what refers to an object has a name that an object can have.
import type { PacketCaptureSpec } from './packetcapture.js';
import type { Rule } from './rule.js';

/** A DNS subdomain (RFC 1123), as Kubernetes demands of names. */
const NAME_PATTERN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';
export const NAME = new RegExp(NAME_PATTERN);

function nameRule(field: string, kind: string, nameOf: (spec: PacketCaptureSpec) => string | undefined): Rule {
  const message = `is no name that a ${kind} can have: lower-case letters, digits, "-" and "." only, beginning and ending with a letter or digit`;
  return {
    field,
    demands: `a name that a ${kind} can have`,
    check(spec) {
      const name = nameOf(spec);
      return name === undefined || NAME.test(name) ? undefined : `${JSON.stringify(name.slice(0, 80))}: ${message}`;
    },
    cel: [{ expression: `self.matches('${NAME_PATTERN.replaceAll('\\', '\\\\')}')`, message }],
  };
}

export const podName = nameRule('spec.target.podName', 'pod', (s) => s.target.podName);
export const workloadName = nameRule('spec.target.workloadRef.name', 'workload', (s) => s.target.workloadRef?.name);
export const destinationName = nameRule('spec.storage.destinationRef.name', 'destination', (s) => s.storage.destinationRef?.name);
