// The fields of a kind as tables: a heading for each object, a row for each of its fields.
import { stringify } from 'yaml';
import type { JSONSchema } from '../../../src/api/crd.js';
import { DURATION_PATTERN } from '../../../src/api/duration.js';
import { QUANTITY_PATTERN } from '../../../src/api/quantity.js';
import { RULES } from '../../../src/api/rules.js';
import { EXAMPLES } from './examples.js';
import { cell, code, demandsOf, table } from './markdown.js';

/** So descriptions say that a field acts on a run that lasts. */
export const LIVE = 'May be changed while the run lasts.';

/** `PacketCapture spec.ring` → `packetcapture-spec-ring`. */
export const anchorOf = (kind: string, path: string): string => `${kind}.${path}`.toLowerCase().replaceAll('[]', '').replaceAll('.', '-');

export function* structs(kind: string, path: string, schema: JSONSchema): Generator<string> {
  const fields = Object.entries(schema.properties ?? {});
  if (fields.length === 0) return;
  const isSpec = path.startsWith('spec');
  const required = (schema.required ?? []) as readonly string[];
  const rows = fields.map(([name, property]) => {
    const below = `${path}.${name}`;
    const shown = inner(property).properties === undefined ? code(name) : `[${code(name)}](#${anchorOf(kind, below)})`;
    return [`<a id="${anchorOf(kind, below)}${inner(property).properties === undefined ? '' : '-field'}"></a>${shown}`, typeOf(property), ...(isSpec ? [defaultOf(property, required.includes(name))] : []), meaning(kind, below, property, isSpec)];
  });
  const heading = `#### <a id="${anchorOf(kind, path)}"></a>${path}`;
  yield `${heading}\n\n${schema.description === undefined ? '' : `${schema.description}\n\n`}${table(isSpec ? ['field', 'type', 'default', 'what it is'] : ['field', 'type', 'what it is'], rows)}\n`;
  for (const [name, property] of fields) yield* structs(kind, `${path}.${name}${property.type === 'array' ? '[]' : ''}`, { description: property.description as string, ...inner(property) });
}

/** What a list holds, or the schema itself. */
const inner = (schema: JSONSchema): JSONSchema => schema.items ?? schema;

function typeOf(schema: JSONSchema): string {
  if (schema['x-kubernetes-int-or-string']) return '[quantity](#quantities-and-durations)';
  if (schema['pattern'] === DURATION_PATTERN) return '[duration](#quantities-and-durations)';
  if (schema['format'] === 'date-time') return 'time';
  if (schema.type === 'array') return `list of ${typeOf(schema.items as JSONSchema)}s`;
  if (schema['additionalProperties']) return 'map of strings';
  return schema.type as string;
}

function defaultOf({ default: value }: JSONSchema, isRequired: boolean): string {
  if (isRequired) return 'required';
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? code(String(value)) : '';
}

function meaning(kind: string, path: string, schema: JSONSchema, isSpec: boolean): string {
  const { description = '' } = schema;
  const own = schema['pattern'] === DURATION_PATTERN || schema['pattern'] === QUANTITY_PATTERN ? [] : demandsOf(schema);
  const demands = isSpec ? [...own, ...(kind === 'PacketCapture' ? RULES.filter(({ field }) => field === path).map(({ demands: said }) => cell(said)) : [])] : [];
  const example = EXAMPLES[`${kind} ${path}`];
  return [
    cell(description.replace(LIVE, `**Live**: ${LIVE.charAt(0).toLowerCase()}${LIVE.slice(1)}`)),
    ...(demands.length > 0 ? [`Demands: ${demands.join('; ')}.`] : []),
    ...(isSpec && example !== undefined ? [`Example: ${code(written(path, example))}`] : []),
  ].join('<br>');
}

/** As it stands in YAML, in one line. */
export function written(path: string, value: unknown): string {
  const name = path.split('.').at(-1) as string;
  return stringify({ [name]: value }, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false }).trim().replace(/^\{([\s\S]*)\}$/, '$1');
}
