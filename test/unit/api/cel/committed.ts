// What is committed: the CRD of crds/, and config/components/cel's patch of it.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { PatchOperation } from '../../../../src/api/cel.js';
import type { JSONSchema } from '../../../../src/api/crd.js';

export interface CRD {
  spec: { versions: [{ schema: { openAPIV3Schema: JSONSchema } }] };
}

const read = (path: string): unknown => parse(readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8'), { version: '1.1' });

export const committedPatch = (): PatchOperation[] => read('config/components/cel/packetcaptures.yaml') as PatchOperation[];

/** Patched as kustomize does it; throws where a `test` fails. */
export function crdWithRules(): CRD {
  const crd = read('crds/packetcapture.dev_packetcaptures.yaml');
  for (const { op, path, value } of committedPatch()) {
    const steps = path.slice(1).split('/');
    const last = steps.pop() as string;
    const parent = steps.reduce<unknown>((node, step) => (node as Record<string, unknown>)[step], crd) as Record<string, unknown>;
    if (op === 'add') parent[last] = value;
    else if (parent[last] !== value) throw new Error(`${path} is ${JSON.stringify(parent[last])}, not ${JSON.stringify(value)}`);
  }
  return crd as CRD;
}
