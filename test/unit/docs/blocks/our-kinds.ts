// What is wrong with an object of our own kinds, by all that looks at one: the schema with its fields, the operator's rules, the rules in CEL.
import { captureDownloadSpecSchema } from '../../../../src/api/capture-download.js';
import { parseCaptureSpec } from '../../../../src/api/capture-spec.js';
import { customResourceDefinitions, type JSONSchema } from '../../../../src/api/crd.js';
import { API_VERSION, DEFAULT_DESTINATION_ANNOTATION, GROUP, LIVE_ANNOTATION, SNAPSHOT_ANNOTATION, STOP_ANNOTATION } from '../../../../src/api/group.js';
import { packetCaptureSpecSchema } from '../../../../src/api/packetcapture.js';
import { destinationProblem } from '../../../../src/plan/destination-rules.js';
import { validator } from '../../api/cel/api-server.js';
import { crdWithRules } from '../../api/cel/committed.js';
import type { Shown } from './objects.js';

interface CRD {
  spec: { names: { kind: string }; scope: string; versions: [{ schema: { openAPIV3Schema: JSONSchema }; additionalPrinterColumns: { name: string; priority?: number }[] }] };
}
export const CRDS = customResourceDefinitions() as unknown as CRD[];
const refusals = validator(crdWithRules().spec.versions[0].schema.openAPIV3Schema.properties?.['spec'] as JSONSchema, 'spec');
const ANNOTATIONS = new Set([STOP_ANNOTATION, SNAPSHOT_ANNOTATION, LIVE_ANNOTATION, DEFAULT_DESTINATION_ANNOTATION]);

export const isOurs = ({ apiVersion }: Shown): boolean => apiVersion.split('/')[0] === GROUP;

export function problemsOfOurs(object: Shown): string[] {
  const crd = CRDS.find(({ spec }) => spec.names.kind === object.kind);
  if (object.apiVersion !== API_VERSION || crd === undefined) return [`${object.apiVersion} ${object.kind}: no such kind`];
  const { apiVersion: _, kind, metadata, ...rest } = object;
  const unknown = unknownFields(crd.spec.versions[0].schema.openAPIV3Schema, rest, '').map((field) => `${kind} ${field.slice(1)}: the schema has no such field`);
  const annotations = Object.keys(metadata?.annotations ?? {}).filter((key) => key.startsWith(`${GROUP}/`) && !ANNOTATIONS.has(key)).map((key) => `the annotation ${key} means nothing`);
  const nameless = metadata?.name === undefined && metadata?.generateName === undefined ? ['has no name'] : [];
  const placed = crd.spec.scope === 'Cluster' && metadata?.namespace !== undefined ? ['is in no namespace'] : [];
  return [...unknown, ...annotations, ...nameless, ...placed, ...problemsOfSpec(kind, object.spec)];
}

function problemsOfSpec(kind: string, spec: unknown): string[] {
  if (kind === 'PacketCapture') {
    const parsed = packetCaptureSpecSchema.safeParse(spec);
    return [...(parseCaptureSpec(spec).problems ?? []), ...(parsed.success ? refusals(parsed.data).map(({ field, text }) => `in CEL: ${field} ${text}`) : [])];
  }
  if (kind === 'CaptureDownload') return captureDownloadSpecSchema.safeParse(spec).error?.issues.map(({ path, message }) => `spec.${path.join('.')}: ${message}`) ?? [];
  const problem = destinationProblem(spec);
  return problem === undefined ? [] : [problem.message];
}

/** Fields that an API server would drop without a word. */
export function unknownFields(schema: JSONSchema, value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => unknownFields(schema.items ?? {}, item, `${path}[${index}]`));
  if (typeof value !== 'object' || value === null) return [];
  const ofKeys = schema['additionalProperties'] as JSONSchema | undefined;
  return Object.entries(value).flatMap(([name, child]) => {
    const property = ofKeys ?? schema.properties?.[name];
    return property === undefined ? [`${path}.${name}`] : unknownFields(property, child, `${path}.${name}`);
  });
}
