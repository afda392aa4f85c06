// Whether the fields that a JSONPath of kubectl names are those of a kind of ours.
import type { JSONSchema } from '../../../../src/api/crd.js';
import { CONDITION } from '../../../../src/api/reasons.js';
import { CRDS } from './our-kinds.js';

/** What kubectl takes for a kind of ours: its plural, its singular, its short name, with or without the group. */
export function kindNamed(word: string): string | undefined {
  const [name = ''] = word.toLowerCase().split(/[./]/);
  return CRDS.map(({ spec }) => spec.names.kind).find((kind) => name === kind.toLowerCase() || name === `${kind.toLowerCase()}s` || (kind === 'PacketCapture' && name === 'pktcap'));
}

/** Of an expression such as `{range .items[*]}{.status.phase}{end}`; `isList`: of several objects. */
export function jsonpathProblems(kind: string, template: string, isList: boolean): string[] {
  const schema = CRDS.find(({ spec }) => spec.names.kind === kind)?.spec.versions[0].schema.openAPIV3Schema as JSONSchema;
  const object: JSONSchema = { ...schema, properties: { ...schema.properties, metadata: ANYTHING, apiVersion: ANYTHING, kind: ANYTHING } };
  const root: JSONSchema = isList ? { properties: { items: { items: object }, metadata: ANYTHING } } : object;
  const problems: string[] = [];
  const ranges: JSONSchema[] = [];
  for (const [, expression = ''] of template.matchAll(/\{([^{}]*)\}/g)) {
    if (/^\s*"/.test(expression)) continue;
    if (expression.trim() === 'end') ranges.pop();
    else {
      const [, keyword, chain = ''] = /^\s*(range\s+)?(.*)$/.exec(expression) ?? [];
      const end = follow(ranges.at(-1) ?? root, chain.replace(/^[$@]/, ''), problems);
      if (keyword !== undefined) ranges.push(end);
    }
  }
  return problems.map((problem) => `${template}: ${problem}`);
}

const ANYTHING: JSONSchema = { 'x-anything': true };

/** The schema at the end of a chain of fields, lists and filters. */
function follow(from: JSONSchema, chain: string, problems: string[]): JSONSchema {
  let at = from;
  for (const [step] of chain.matchAll(/\.\.?(?:\\.|[^.[\]\\])+|\[\?\((?:[^()]|\([^()]*\))*\)\]|\[[^\]]*\]/g)) {
    if (at['x-anything']) return at;
    if (step.startsWith('[')) {
      at = at.items ?? at;
      for (const [, field = '', wanted] of step.matchAll(/@((?:\.\w+)+)\s*(?:==\s*"([^"]*)")?/g)) {
        follow(at, field, problems);
        if (field === '.type' && wanted !== undefined && !(Object.values(CONDITION) as string[]).includes(wanted)) problems.push(`no condition ${wanted}`);
      }
      continue;
    }
    const name = step.replace(/^\.+/, '').replaceAll('\\', '');
    const next = at.properties?.[name] ?? (at['additionalProperties'] as JSONSchema | undefined);
    if (next === undefined) {
      problems.push(`no field ${name}`);
      return ANYTHING;
    }
    at = next;
  }
  return at;
}
