// The one table of rules that a schema without CEL can't say. The first word of each is the field; each message shows the value and the fix.
import { filterProblem } from './filter.js';
import { interfaceProblem, PSEUDO_DEVICE_PATTERN } from './interface-name.js';
import { destinationName, podName, workloadName } from './name-rules.js';
import type { PacketCaptureSpec } from './packetcapture.js';
import type { Rule } from './rule.js';
import { bufferSize, fileSize, maxSize, spoolMaxSize } from './size-rules.js';
import { podSelector, target, workloadApiVersion } from './target-rules.js';
import { duration, rotateInterval } from './time-rules.js';

export const RULES: Rule[] = [
  target,
  podName,
  podSelector,
  workloadApiVersion,
  workloadName,
  {
    field: 'spec.interface',
    demands: '`any` or the name of a network interface; never a bare number, never a pseudo device of libpcap',
    check: (s) => interfaceProblem(s.interface),
    cel: [
      {
        expression: `!self.matches('^[0-9]+$') && !self.matches('${PSEUDO_DEVICE_PATTERN}')`,
        message: 'must be "any" or the name of an interface of the pod such as "eth0", not a bare number and not a pseudo device of libpcap',
      },
    ],
  },
  {
    field: 'spec.filter',
    demands: 'addresses in place of host names, not beginning with `-`',
    check: (s) => filterProblem(s.filter ?? ''),
    cel: [{ expression: `!self.matches('^ *-')`, message: 'begins with "-", which tcpdump would take for an option; begin with an expression such as "tcp port 8080"' }],
    leaves: "host names: what is one depends on where it stands in pcap-filter(7)'s grammar, which no CEL expression can follow",
  },
  bufferSize,
  duration,
  maxSize,
  {
    field: 'spec.ring.files',
    demands: 'needs `fileSize` or `rotateInterval`',
    check: ({ ring }) =>
      ring.files !== undefined && ring.fileSize === undefined && ring.rotateInterval === undefined
        ? `${ring.files}: without fileSize or rotateInterval there is only ever one file; add for example "fileSize: 10M"`
        : undefined,
    cel: [
      {
        scope: 'spec.ring',
        below: '.files',
        expression: '!has(self.files) || has(self.fileSize) || has(self.rotateInterval)',
        message: 'without fileSize or rotateInterval there is only ever one file; add for example "fileSize: 10M"',
      },
    ],
  },
  {
    field: 'spec.ring.files',
    demands: 'at least 2, so that one can be closed while the next is open',
    check: ({ ring }) => (ring.files === 1 ? '1: the open file is one of them, so a closed one could never wait for delivery; use 2 or more' : undefined),
    cel: [{ expression: 'self != 1', message: '1: the open file is one of them, so a closed one could never wait for delivery; use 2 or more' }],
  },
  fileSize,
  rotateInterval,
  spoolMaxSize,
  destinationName,
];

/** Every broken rule of a spec that the schema accepts, as sentences. */
export function brokenRules(spec: PacketCaptureSpec): string[] {
  return RULES.flatMap((rule) => {
    const problem = rule.check(spec);
    return problem === undefined ? [] : [`${rule.field}${problem.startsWith('.') ? '' : ' '}${problem}`];
  });
}
