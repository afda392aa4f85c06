// The reference has every field, says of each what it is for, and its examples can be written.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { CONDITIONS } from '../../../hack/docs/api/conditions.js';
import { EXAMPLES } from '../../../hack/docs/api/examples.js';
import { anchorOf, LIVE, written } from '../../../hack/docs/api/structs.js';
import { parseCaptureSpec, type CaptureSpec } from '../../../src/api/capture-spec.js';
import type { JSONSchema } from '../../../src/api/crd.js';
import { API_VERSION } from '../../../src/api/group.js';
import { reasonsOf } from '../../../src/api/reason-table.js';
import { CONDITION } from '../../../src/api/reasons.js';
import { sameRun } from '../../../src/plan/identity.js';
import { CRDS, problemsOfOurs } from './blocks/our-kinds.js';

const page = readFileSync(new URL('../../../docs/api.md', import.meta.url), 'utf8');

interface Field {
  kind: string;
  path: string;
  schema: JSONSchema;
}

function* fieldsOf(kind: string, path: string, schema: JSONSchema): Generator<Field> {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const below = path === '' ? name : `${path}.${name}`;
    yield { kind, path: below, schema: property };
    yield* fieldsOf(kind, `${below}${property.items ? '[]' : ''}`, property.items ?? property);
  }
}
const fields = CRDS.flatMap(({ spec }) => [...fieldsOf(spec.names.kind, '', spec.versions[0].schema.openAPIV3Schema)]);
const ofSpecs = fields.filter(({ path }) => path.startsWith('spec.'));
const captureFields = ofSpecs.filter(({ kind }) => kind === 'PacketCapture');

test('every field has a place on the page, and words of its own', () => {
  expect(fields.length).toBeGreaterThan(150);
  expect(fields.filter(({ kind, path }) => !page.includes(`<a id="${anchorOf(kind, path)}"></a>`)).map(({ path }) => path)).toEqual([]);
  expect(fields.filter(({ schema }) => (schema.description ?? '').split(' ').length < 2).map(({ path }) => path)).toEqual([]);
});

test('every field of a spec has an example, and no example is of something else', () => {
  expect(Object.keys(EXAMPLES).toSorted()).toEqual(ofSpecs.map(({ kind, path }) => `${kind} ${path}`).toSorted());
});

const BASES: Record<string, object> = {
  PacketCapture: { target: { podName: 'web-0' } },
  ClusterCaptureDestination: { s3: { bucket: 'captures', auth: { secretRef: { name: 'team-bucket' } } } },
  CaptureDownload: { captureName: 'web-resets' },
};
/** What makes the rest right, where an example alone is not. */
const BESIDE: Record<string, object> = {
  'PacketCapture spec.ring.files': { ring: { fileSize: '10M' } },
};

/** A spec with the example at its place. */
function specWith(kind: string, path: string): Record<string, unknown> {
  const name = `${kind} ${path}`;
  const spec = structuredClone({ ...BASES[kind], ...BESIDE[name] }) as Record<string, unknown>;
  const choice = /^spec\.target\.(podSelector|workloadRef|podName)|^spec\.s3\.auth\.workloadIdentity/.exec(path);
  const parents = path.split('.').slice(1, -1);
  if (choice && kind === 'PacketCapture') delete (spec['target'] as Record<string, unknown>)['podName'];
  if (choice && kind === 'ClusterCaptureDestination') (spec['s3'] as Record<string, unknown>)['auth'] = { type: 'WorkloadIdentity', workloadIdentity: EXAMPLES['ClusterCaptureDestination spec.s3.auth.workloadIdentity'] };
  let node: Record<string, unknown> = spec;
  let at = 'spec';
  for (const parent of parents) {
    at += `.${parent}`;
    const key = parent.replace('[]', '');
    // What its own example has beside the field.
    const example = structuredClone(EXAMPLES[`${kind} ${at.replace('[]', '')}`]);
    if (node[key] === undefined) node[key] = example;
    if (Array.isArray(node[key])) node[key] = structuredClone(example);
    node = (parent.endsWith('[]') ? (node[key] as unknown[])[0] : node[key]) as Record<string, unknown>;
  }
  node[path.split('.').at(-1) as string] = structuredClone(EXAMPLES[name]);
  return spec;
}

test.each(ofSpecs.map(({ kind, path }) => [kind, path] as const))('the example of %s %s can be written', (kind, path) => {
  const spec = specWith(kind, path);
  expect(problemsOfOurs({ apiVersion: API_VERSION, kind, metadata: { name: 'example' }, spec })).toEqual([]);
  const example = EXAMPLES[`${kind} ${path}`];
  expect(parse(written(path, example))).toEqual({ [path.split('.').at(-1) as string]: example });
  expect(page).toContain(written(path, example));
});

test.each(captureFields.filter(({ path, schema }) => schema.properties === undefined && !/workloadRef\.|podSelector\.|destinationRef\.kind|podName$/.test(path)).map(({ path, schema }) => [path, schema.description?.includes(LIVE) ?? false] as const))('the page says of %s whether it is live: %s', (path, isLive) => {
  const before = { ...BASES['PacketCapture'], ...BESIDE[`PacketCapture ${path}`] };
  const { spec } = parseCaptureSpec(specWith('PacketCapture', path));
  expect(sameRun(before, spec as CaptureSpec)).toBe(isLive);
});

describe('conditions', () => {
  test('every type is there', () => {
    const said = Object.values(CONDITIONS).flatMap((rows) => rows.map(([type]) => type));
    expect([...new Set(said)].toSorted()).toEqual(Object.values(CONDITION).toSorted());
  });

  test('every reason of a condition leads to its row', () => {
    for (const place of ['Accepted', 'Capturing', 'Delivered', 'LossDetected', 'Complete', 'Failed', 'Finished', 'Ready', 'Ready of a destination', 'Default of a destination', 'Ready of a download'] as const) {
      for (const reason of reasonsOf(place)) expect(page).toContain(`[\`${reason}\`](reasons.md#${reason.toLowerCase()})`);
    }
  });
});
