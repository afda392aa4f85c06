// The committed CRDs are those of the schemas, and say what every field is for.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { customResourceDefinitions, type JSONSchema } from '../../../src/api/crd.js';
import { INTERFACE_PATTERN } from '../../../src/api/interface-name.js';
import { QUANTITY_PATTERN } from '../../../src/api/quantity.js';

interface CRD {
  metadata: { name: string };
  spec: {
    group: string;
    scope: string;
    names: { kind: string; plural: string; singular: string; shortNames?: string[] };
    versions: {
      name: string;
      subresources: unknown;
      additionalPrinterColumns: { name: string; jsonPath: string; priority?: number }[];
      schema: { openAPIV3Schema: JSONSchema };
    }[];
  };
}

const crds = customResourceDefinitions() as unknown as CRD[];
const root = new URL('../../../', import.meta.url);
const schemaOf = (kind: string): JSONSchema => crds.find((crd) => crd.spec.names.kind === kind)?.spec.versions[0]?.schema.openAPIV3Schema as JSONSchema;
const at = (schema: JSONSchema, path: string): JSONSchema => path.split('.').reduce((s, name) => s.properties?.[name] as JSONSchema, schema);
const capture = schemaOf('PacketCapture');

/** Every schema below this one, with its path. */
function* walk(schema: JSONSchema, path: string): Generator<[string, JSONSchema]> {
  yield [path, schema];
  for (const [name, property] of Object.entries(schema.properties ?? {})) yield* walk(property, `${path}.${name}`);
  if (schema.items) yield* walk(schema.items, `${path}[]`);
}
const everySchema = crds.flatMap((crd) => [...walk(crd.spec.versions[0]?.schema.openAPIV3Schema as JSONSchema, crd.spec.names.kind)]);

test('what is committed is what the schemas say: if not, run `make crds`', () => {
  const files = readdirSync(new URL('crds/', root)).filter((name) => name !== 'kustomization.yaml');
  const committed = files.map((name) => parse(readFileSync(new URL(`crds/${name}`, root), 'utf8'), { version: '1.1' }) as CRD);
  expect(Object.fromEntries(committed.map((crd) => [crd.metadata.name, crd]))).toEqual(JSON.parse(JSON.stringify(Object.fromEntries(crds.map((crd) => [crd.metadata.name, crd])))));
  const kustomization = parse(readFileSync(new URL('crds/kustomization.yaml', root), 'utf8')) as { resources: string[] };
  expect(kustomization.resources.toSorted()).toEqual(files.toSorted());
});

// Go's regular expressions, which API servers use, refuse more.
test('no pattern repeats anything more than a thousand times', () => {
  const counts = everySchema.flatMap(([path, { pattern }]) => [...(typeof pattern === 'string' ? pattern : '').matchAll(/\{(\d+)(?:,(\d*))?\}/g)].map(([, least, most]) => [path, Math.max(Number(least), Number(most ?? 0))] as const));
  expect(counts.filter(([, count]) => count > 1000)).toEqual([]);
});

test('every property has a description', () => {
  const silent = everySchema.filter(([path, schema]) => !path.endsWith('[]') && !schema.description).map(([path]) => path);
  expect(silent).toEqual([]);
});

describe('names and columns', () => {
  test.each([
    ['PacketCapture', 'packetcaptures.packetcapture.dev', 'Namespaced', ['pktcap']],
    ['ClusterCaptureDestination', 'clustercapturedestinations.packetcapture.dev', 'Cluster', undefined],
  ])('of %s', (kind, name, scope, shortNames) => {
    const crd = crds.find((one) => one.spec.names.kind === kind) as CRD;
    expect(crd.metadata.name).toBe(name);
    expect(crd.spec.scope).toBe(scope);
    expect(crd.spec.names.shortNames).toEqual(shortNames);
    expect(crd.spec.versions.map((version) => [version.name, version.subresources])).toEqual([['v1alpha1', { status: {} }]]);
  });

  test.each([
    ['PacketCapture', 'Target Phase Reason Packets Lost Size Age', 'Files Nodes Started StopReason Location Filter'],
    ['ClusterCaptureDestination', 'Default Bucket Ready Reason Age', ''],
  ])('kubectl get shows of %s: %s; and wide: %s', (kind, narrow, wide) => {
    const columns = crds.find((one) => one.spec.names.kind === kind)?.spec.versions[0]?.additionalPrinterColumns ?? [];
    const names = (priority: number): string => columns.filter((column) => (column.priority ?? 0) === priority).map((column) => column.name).join(' ');
    expect([names(0), names(1)]).toEqual([narrow, wide]);
  });

  test('every column reads a field that the schema has', () => {
    for (const crd of crds) {
      for (const { name, jsonPath } of crd.spec.versions[0]?.additionalPrinterColumns ?? []) {
        if (jsonPath.startsWith('.metadata.')) continue;
        const path = jsonPath.slice(1).replace(/\[\?.*?\]/, '').split('.');
        const end = path.reduce((schema: JSONSchema | undefined, step) => schema?.properties?.[step] ?? schema?.items?.properties?.[step], schemaOf(crd.spec.names.kind));
        expect([name, end?.type]).toEqual([name, expect.stringMatching(/^(string|integer)$/)]);
      }
    }
  });
});

describe('the schema is one that API servers take', () => {
  test.each(['$schema', 'oneOf', 'allOf', 'not', '$ref', 'const', 'x-kubernetes-validations'])('without %s', (keyword) => {
    expect(everySchema.filter(([, schema]) => keyword in schema).map(([path]) => path)).toEqual([]);
  });

  test('without additionalProperties beside properties', () => {
    expect(everySchema.filter(([, schema]) => 'properties' in schema && 'additionalProperties' in schema)).toEqual([]);
  });

  test('without the limits of JavaScript numbers', () => {
    expect(JSON.stringify(crds)).not.toContain('9007199254740991');
  });

  test('without an empty string for a default, which a server of 1.20 reads as null', () => {
    expect(everySchema.filter(([, schema]) => schema.default === '').map(([path]) => path)).toEqual([]);
  });

  test('with every type but that of a quantity said', () => {
    expect(everySchema.filter(([, schema]) => !schema.type && !schema['x-kubernetes-int-or-string'])).toEqual([]);
  });

  test.each(['bufferSize', 'maxSize', 'ring.fileSize', 'spool.maxSize'])('a quantity is an integer or a string: spec.%s', (path) => {
    expect(at(capture, `spec.${path}`)).toMatchObject({
      anyOf: [{ type: 'integer' }, { type: 'string' }],
      pattern: QUANTITY_PATTERN,
      'x-kubernetes-int-or-string': true,
    });
  });

  test('patterns are those of RE2', () => {
    for (const [, schema] of everySchema) {
      if (schema['pattern']) expect(schema['pattern']).not.toMatch(/\(\?[=!<]|\\[1-9]/);
    }
  });
});

describe('the spec', () => {
  test('needs a target alone', () => {
    expect(capture.required).toEqual(['spec']);
    expect(at(capture, 'spec').required).toEqual(['target']);
  });

  test('has its defaults', () => {
    const defaults = Object.fromEntries([...walk(at(capture, 'spec'), 'spec')].filter(([, s]) => s.default !== undefined).map(([path, s]) => [path, s.default]));
    expect(defaults).toEqual({
      'spec.target.maxTargets': 10,
      'spec.interface': 'any',
      'spec.snapLength': 262_144,
      'spec.bufferSize': '32Mi',
      'spec.duration': '5m',
      'spec.ring': {},
      'spec.spool': {},
      'spec.spool.maxSize': '1Gi',
      'spec.upload': {},
      'spec.suspend': false,
      'spec.upload.compression': 'None',
      'spec.upload.policy': 'Continuous',
      'spec.storage': {},
      'spec.storage.destinationRef.kind': 'ClusterCaptureDestination',
    });
  });

  test('refuses an interface that is none before anyone opens it', () => {
    expect(at(capture, 'spec.interface')['pattern']).toBe(INTERFACE_PATTERN);
  });
});

describe('the status never refuses what a newer operator says', () => {
  test.each(crds.map((crd) => crd.spec.names.kind))('%s', (kind) => {
    const status = at(schemaOf(kind), 'status');
    expect(status.default).toEqual({ observedGeneration: -1 });
    for (const [path, schema] of walk(status, 'status')) {
      expect([path, schema['enum'], schema['pattern'], schema['minimum']]).toEqual([path, undefined, undefined, undefined]);
      const keys = schema['x-kubernetes-list-map-keys'];
      if (schema.items) expect([path, schema.items.required]).toEqual([path, keys]);
      if (!path.endsWith('[]')) expect([path, schema.required]).toEqual([path, undefined]);
    }
  });

  test('lists with two writers are maps', () => {
    for (const [list, key] of [['conditions', 'type'], ['targets', 'name'], ['previousRuns', 'id']] as const) {
      expect(at(capture, `status.${list}`)).toMatchObject({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] });
    }
  });

  test('counters are 64 bits wide and times are times', () => {
    expect(at(capture, 'status.packets.captured')).toMatchObject({ type: 'integer', format: 'int64' });
    expect(at(capture, 'status.run.startTime')).toMatchObject({ type: 'string', format: 'date-time' });
  });
});
