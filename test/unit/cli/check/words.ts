// What findings say, and older CRDs.
import type { JSONSchema } from '../../../../src/api/crd.js';
import type { CrdObject } from '../../../../src/cli/check/crds.js';
import type { Finding } from '../../../../src/cli/check/finding.js';

export const results = (findings: Finding[]): string[] => findings.map(({ result }) => result);
export const said = (findings: Finding[]): string[] => findings.map(({ message }) => message);
/** As "fail: message". */
export const lines = (findings: Finding[]): string[] => findings.map(({ result, message }) => `${result}: ${message}`);

/** The same CRD without these fields. */
export function missing(crd: CrdObject, ...paths: string[]): CrdObject {
  const copy = structuredClone(crd);
  for (const path of paths) {
    const names = path.split('.');
    const last = names.pop() as string;
    let schema = copy.spec?.versions?.[0]?.schema?.openAPIV3Schema as JSONSchema;
    for (const name of names) {
      const child = schema.properties?.[name] as JSONSchema;
      schema = child.items ?? child;
    }
    delete schema.properties?.[last];
  }
  return copy;
}
