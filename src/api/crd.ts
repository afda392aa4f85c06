// The CRDs, as API servers from 1.20 on accept them: the zod schemas turned into structural schemas, with columns and defaults.
import * as z from 'zod';
import { captureDownloadSpecSchema, captureDownloadStatusSchema } from './capture-download.js';
import { captureDestinationSpecSchema, captureDestinationStatusSchema } from './destination.js';
import { DEFAULT_DESTINATION_ANNOTATION, GROUP, VERSION } from './group.js';
import { packetCaptureStatusSchema } from './packetcapture-status.js';
import { packetCaptureSpecSchema } from './packetcapture.js';

export interface JSONSchema {
  type?: string;
  description?: string;
  default?: unknown;
  properties?: Record<string, JSONSchema>;
  items?: JSONSchema;
  anyOf?: JSONSchema[];
  required?: string[];
  [keyword: string]: unknown;
}

interface Column {
  name: string;
  type: 'string' | 'integer' | 'date';
  jsonPath: string;
  description: string;
  /** 1: only with `kubectl get -o wide`. */
  priority?: 1;
}

interface Kind {
  kind: string;
  plural: string;
  shortNames?: string[];
  scope: 'Namespaced' | 'Cluster';
  description: string;
  spec: z.ZodType;
  status: z.ZodType;
  columns: Column[];
}

const condition = (type: string, field: string): string => `.status.conditions[?(@.type=="${type}")].${field}`;
const age: Column = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'When the object was created.' };

const packetCapture: Kind = {
  kind: 'PacketCapture',
  plural: 'packetcaptures',
  shortNames: ['pktcap'],
  scope: 'Namespaced',
  description: "Captures the packets of a pod's network namespace with tcpdump and delivers them, verified, as pcap files to a bucket.",
  spec: packetCaptureSpecSchema,
  status: packetCaptureStatusSchema,
  columns: [
    { name: 'Target', type: 'string', jsonPath: '.status.summary.target', description: 'What is captured.' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase', description: 'Where the run is.' },
    { name: 'Reason', type: 'string', jsonPath: condition('Ready', 'reason'), description: 'Why the object is ready, or why it is not.' },
    { name: 'Packets', type: 'integer', jsonPath: '.status.packets.captured', description: 'Packets captured.' },
    { name: 'Lost', type: 'integer', jsonPath: '.status.packets.lost', description: 'Packets discarded or dropped.' },
    { name: 'Size', type: 'string', jsonPath: '.status.summary.size', description: 'Bytes captured.' },
    { name: 'Files', type: 'integer', jsonPath: '.status.files.captured', description: 'Files written.', priority: 1 },
    { name: 'Nodes', type: 'string', jsonPath: '.status.summary.nodes', description: 'Where the targets are.', priority: 1 },
    { name: 'Started', type: 'date', jsonPath: '.status.run.startTime', description: 'When the run began.', priority: 1 },
    { name: 'StopReason', type: 'string', jsonPath: '.status.run.stopReason', description: 'Why capturing ended.', priority: 1 },
    { name: 'Location', type: 'string', jsonPath: '.status.run.location', description: 'Where the files are.', priority: 1 },
    { name: 'Filter', type: 'string', jsonPath: '.spec.filter', description: 'Which packets are captured.', priority: 1 },
    age,
  ],
};

const clusterCaptureDestination: Kind = {
  kind: 'ClusterCaptureDestination',
  plural: 'clustercapturedestinations',
  scope: 'Cluster',
  description: 'A bucket that captures of every namespace may name; its keys stay with the platform team.',
  spec: captureDestinationSpecSchema,
  status: captureDestinationStatusSchema,
  columns: [
    {
      name: 'Default',
      type: 'string',
      jsonPath: `.metadata.annotations.${DEFAULT_DESTINATION_ANNOTATION.replaceAll('.', '\\.')}`,
      description: 'Whether captures use it when they name none.',
    },
    { name: 'Bucket', type: 'string', jsonPath: '.spec.s3.bucket', description: 'The bucket.' },
    { name: 'Ready', type: 'string', jsonPath: condition('Ready', 'status'), description: 'Whether the bucket takes files.' },
    { name: 'Reason', type: 'string', jsonPath: condition('Ready', 'reason'), description: 'What the bucket says.' },
    age,
  ],
};

const captureDownload: Kind = {
  kind: 'CaptureDownload',
  plural: 'capturedownloads',
  scope: 'Namespaced',
  description: 'Short-lived URLs of the files of a capture, for whoever has no keys to the bucket. Its status is a secret; the operator removes the object when the URLs have expired.',
  spec: captureDownloadSpecSchema,
  status: captureDownloadStatusSchema,
  columns: [
    { name: 'Capture', type: 'string', jsonPath: '.spec.captureName', description: 'The capture.' },
    { name: 'Ready', type: 'string', jsonPath: condition('Ready', 'status'), description: 'Whether the URLs are there.' },
    { name: 'Reason', type: 'string', jsonPath: condition('Ready', 'reason'), description: 'Why they are, or are not.' },
    { name: 'Total', type: 'integer', jsonPath: '.status.total', description: 'Files of the run in the bucket.' },
    { name: 'Expires', type: 'string', jsonPath: '.status.expirationTime', description: 'Until when the URLs work.', priority: 1 },
    age,
  ],
};

/** Every CRD as an object, in the order in which they are installed. */
export const customResourceDefinitions = (): Record<string, unknown>[] => [packetCapture, clusterCaptureDestination, captureDownload].map(definition);

function definition({ kind, plural, shortNames, scope, description, spec, status, columns }: Kind): Record<string, unknown> {
  const singular = kind.toLowerCase();
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: { kind, listKind: `${kind}List`, plural, singular, ...(shortNames && { shortNames }) },
      scope,
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: {
            openAPIV3Schema: {
              description,
              type: 'object',
              required: ['spec'],
              properties: {
                spec: structural(spec),
                // Never seen by the operator: kstatus takes the object for in progress, not for current.
                status: { ...lenient(structural(status)), default: { observedGeneration: -1 } },
              },
            },
          },
        },
      ],
    },
  };
}

const structural = (schema: z.ZodType): JSONSchema => normalised(z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' }) as JSONSchema);

/** The same schema without what an API server refuses or what only JavaScript's numbers say. */
function normalised(schema: JSONSchema): JSONSchema {
  const { $schema, additionalProperties, minimum, maximum, ...rest } = schema;
  if (schema['x-kubernetes-int-or-string']) return { ...rest, anyOf: [{ type: 'integer' }, { type: 'string' }] };
  // An API server 1.20 reads an empty string as null here, and refuses it; the operator's own parsing fills it in.
  if (rest.default === '') delete rest.default;
  return mapChildren(
    {
      ...rest,
      // A map; an object without it takes no unknown fields, as every structural schema.
      ...(isSchema(additionalProperties) && { additionalProperties: normalised(additionalProperties) }),
      ...(minimum !== Number.MIN_SAFE_INTEGER && minimum !== undefined && { minimum }),
      ...(maximum !== Number.MAX_SAFE_INTEGER && maximum !== undefined && { maximum }),
    },
    normalised,
  );
}

const isSchema = (value: unknown): value is JSONSchema => typeof value === 'object' && value !== null && Object.keys(value).length > 0;

/** A status that requires nothing but the keys of its lists: an older CRD must never refuse a newer operator's word. */
function lenient(schema: JSONSchema, keys?: string[]): JSONSchema {
  const { required, ...rest } = schema;
  return mapChildren({ ...rest, ...(keys && { required: keys }) }, (child) => lenient(child, schema['x-kubernetes-list-map-keys'] as string[] | undefined));
}

const mapChildren = (schema: JSONSchema, change: (child: JSONSchema) => JSONSchema): JSONSchema => ({
  ...schema,
  ...(schema.properties && { properties: Object.fromEntries(Object.entries(schema.properties).map(([name, property]) => [name, change(property)])) }),
  ...(schema.items && { items: change(schema.items) }),
});
