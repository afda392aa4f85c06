// docs/api.md, from the schemas of the three kinds.
import { customResourceDefinitions, type JSONSchema } from '../../src/api/crd.js';
import { DEFAULT_DESTINATION_ANNOTATION, FINALIZER, GROUP, LABEL, LIVE_ANNOTATION, MANAGED_BY, SNAPSHOT_ANNOTATION, STOP_ANNOTATION, VERSION } from '../../src/api/group.js';
import { fileKey, manifestKey, manifestSegmentKey, runPrefix, targetName, targetSegmentKey } from '../../src/protocol/keys.js';
import { conditionsTable } from './api/conditions.js';
import { cell, code, table } from './api/markdown.js';
import { structs } from './api/structs.js';

interface CRD {
  spec: { names: { kind: string; plural: string; shortNames?: string[] }; scope: string; versions: [{ additionalPrinterColumns: { name: string; description: string; jsonPath: string; priority?: number }[]; schema: { openAPIV3Schema: JSONSchema } }] };
}

const HEAD = `# API reference

\`${GROUP}/${VERSION}\` has three kinds. This page is every field of them; \`kubectl explain pktcap.spec --recursive\` says the same in a terminal. Which values are refused, by whom, with the rules that a schema cannot say: [validation.md](validation.md). What each reason means: [reasons.md](reasons.md).

| kind | is | who writes it |
|---|---|---|
| [PacketCapture](#packetcapture) | what to capture, for how long, where it goes | who wants packets: \`edit\` in the namespace |
| [ClusterCaptureDestination](#clustercapturedestination) | a bucket | the platform team |
| [CaptureDownload](#capturedownload) | a request for short-lived URLs | who has no keys to the bucket |

Beyond the kinds: [keys in the bucket](#keys-in-the-bucket), [labels of what the operator creates](#labels), [quantities and durations](#quantities-and-durations).
`;

const EXAMPLES: Record<string, string> = {
  PacketCapture: `apiVersion: ${GROUP}/${VERSION}
kind: PacketCapture
metadata: {name: web-resets, namespace: shop}
spec:
  target: {podName: web-0}
  filter: tcp port 8080
  duration: 2m
  ring: {fileSize: 10M, rotateInterval: 30s}`,
  ClusterCaptureDestination: `apiVersion: ${GROUP}/${VERSION}
kind: ClusterCaptureDestination
metadata:
  name: team-bucket
  annotations: {${DEFAULT_DESTINATION_ANNOTATION}: "true"}
spec:
  s3:
    endpoint: https://s3.storage.svc:9000
    bucket: captures
    auth: {secretRef: {name: team-bucket}}`,
  CaptureDownload: `apiVersion: ${GROUP}/${VERSION}
kind: CaptureDownload
metadata: {name: web-resets-1, namespace: shop}
spec: {captureName: web-resets}`,
};

const AFTER: Record<string, string> = {
  PacketCapture: `**Live** fields act on the run that captures and never start one; any other change of \`spec\` stops the run and begins another. Another spelling of the same value (\`5m\`, \`300s\`) and a default that is written out change nothing.`,
  ClusterCaptureDestination: `What an edit does to running runs: [destinations.md](destinations.md#what-an-edit-does-to-running-runs).`,
  CaptureDownload: `How to use one: [downloads.md](downloads.md).`,
};

const ANNOTATIONS: Record<string, [name: string, value: string, what: string][]> = {
  PacketCapture: [
    [STOP_ANNOTATION, 'the id of the run, `status.run.id`', 'Ends that run for good. Of any other run it asks nothing.'],
    [SNAPSHOT_ANNOTATION, 'any value that it did not have before; up to 128 printable ASCII characters', 'Delivers what a flight recorder holds now, and records on.'],
    [LIVE_ANNOTATION, 'the SHA-256 of a token, in 64 hexadecimal digits', 'Shows the packets as they come to who knows the token, see [live.md](live.md). Without it the session ends.'],
  ],
  ClusterCaptureDestination: [[DEFAULT_DESTINATION_ANNOTATION, '`"true"`', 'Captures that name no destination use this one.']],
};

export const path = 'docs/api.md';

export function page(): string {
  const kinds = (customResourceDefinitions() as unknown as CRD[]).map(kindSection);
  return `<!-- Generated from src/api by \`make docs\`. Edit there. -->\n${HEAD}\n${kinds.join('\n')}\n${keys()}\n${labels()}\n${QUANTITIES}`;
}

function kindSection({ spec: { names, scope, versions: [{ schema, additionalPrinterColumns: columns }] } }: CRD): string {
  const { kind } = names;
  const { description, properties } = schema.openAPIV3Schema;
  const { spec, status } = properties as { spec: JSONSchema; status: JSONSchema };
  const alias = names.shortNames ? `, in short ${names.shortNames.map(code).join(', ')}` : '';
  const finalizer = kind === 'PacketCapture' ? `\nThe finalizer \`${FINALIZER}\` stands on the object only while a run is active: a deleted object waits for its packets, up to a minute.\n` : '';
  return `## ${kind}

${description}

\`${names.plural}.${GROUP}\`${alias}; ${scope === 'Cluster' ? 'in no namespace' : 'in a namespace'}.

\`\`\`yaml
${EXAMPLES[kind]}
\`\`\`

${AFTER[kind]}

### ${kind}: spec

${[...structs(kind, 'spec', spec)].join('\n')}
### ${kind}: status

${[...structs(kind, 'status', status)].join('\n')}
### ${kind}: conditions

${conditionsTable(kind)}
${ANNOTATIONS[kind] ? `\n### ${kind}: annotations\n\n${table(['annotation', 'value', 'what it does'], ANNOTATIONS[kind].map(([name, value, what]) => [code(name), value, what]))}\n${finalizer}` : ''}
### ${kind}: columns

${table(['column', 'from', 'what it is'], columns.map(({ name, description: what, jsonPath, priority }) => [`${name.toUpperCase()}${priority === 1 ? ' (`-o wide`)' : ''}`, code(jsonPath), cell(what)]))}
`;
}

function keys(): string {
  const run = runPrefix('clusters/prod/', 'shop', 'web-resets', '20261120T030512Z-1a2b3c');
  const target = targetName('web-0', '5f1d0c3a-9e77-4b1c-8a55-0242ac120002');
  const opened = Date.UTC(2026, 10, 20, 3, 5, 14);
  const rows = [
    ['a file', '`<run>/<target>/<attempt>-<number>_<UTC of opening>.pcap`', fileKey(run, target, 1, 7, opened)],
    ['compressed', 'the same with `.gz` or `.zst`', fileKey(run, target, 1, 7, opened, 'Zstd')],
    ['the manifest of an attempt on a node', '`<run>/manifest/<node>-<attempt>.json`', manifestKey(run, 'node-a', 1)],
    ['its files, where they are many', '`<run>/manifest/<node>-<attempt>.files-<number>.json`', manifestSegmentKey(run, 'node-a', 1, 1)],
    ['its targets, where they are many', '`<run>/manifest/<node>-<attempt>.targets-<number>.json`', targetSegmentKey(run, 'node-a', 1, 1)],
  ];
  return `## Keys in the bucket

\`<run>\` is \`<prefix of the destination><namespace>/<name>/<run id>\`, and \`status.run.location\` says it. A run id is the run's start in UTC and a hash of the capture's UID and the run's number; a target is the pod's name and the first eight characters of its UID; an attempt is one agent's turn at the run on that node. These names stay as they are.

${table(['object', 'key', 'such as'], rows.map(([what = '', key = '', example = '']) => [what, key, code(example)]))}
`;
}

function labels(): string {
  const rows = [
    [LABEL.managedBy, code(MANAGED_BY), 'everything that the operator creates'],
    [LABEL.component, '`agent`, `credentials`, `run-record`, …', 'what it is: the capture Job with its pod, the Secret of a run, the record of a capture'],
    [LABEL.captureUID, 'UID of the PacketCapture', 'Jobs, pods, Secrets and records in `packetcapture-jobs`'],
    [LABEL.runID, 'id of the run', 'Jobs, pods and Secrets of one run'],
  ];
  return `## Labels

The operator's own, on what it creates in \`packetcapture-jobs\`. No label and no annotation of a PacketCapture is copied.

${table(['label', 'value', 'stands on'], rows.map(([label = '', value = '', where = '']) => [code(label), value, where]))}
`;
}

const QUANTITIES = `## Quantities and durations

A quantity is a number of bytes as Kubernetes writes it: \`10M\` is 10,000,000, \`10Mi\` is 10,485,760, and an integer without a unit is bytes. A duration is one as Go writes it: \`30s\`, \`1h30m\`. Both are kept as they were written.
`;
