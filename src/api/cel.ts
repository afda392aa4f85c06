// The rules as x-kubernetes-validations of the PacketCapture CRD, and as the JSON patch with which config/components/cel adds them.
import { customResourceDefinitions, type JSONSchema } from './crd.js';
import type { CEL } from './rule.js';
import { RULES } from './rules.js';

export interface Validation {
  rule: string;
  /** Said where messageExpression is absent or cannot be evaluated. */
  message: string;
  /** The message with the value before it: an API server shows a value's type alone. */
  messageExpression?: string;
  /** The field at fault, below the one that the rule stands at. */
  fieldPath?: string;
}

export type PatchOperation = { op: 'test'; path: string; value: unknown } | { op: 'add'; path: string; value: Validation[] };

const VERSION_POINTER = '/spec/versions/0';

type Scoped = CEL & { scope: string };

/** Adds the rules to the CRD in crds/, and nothing to any other. */
export function celPatch(): PatchOperation[] {
  const { name, schema } = servedVersion();
  const all = RULES.flatMap(({ field, cel }) => cel.map((part): Scoped => ({ scope: field, ...part })));
  const scopes = [...new Set(all.map(({ scope }) => scope))];
  return [
    { op: 'test', path: `${VERSION_POINTER}/name`, value: name },
    ...scopes.map((scope): PatchOperation => {
      const validations = all.filter((part) => part.scope === scope).map((part) => validation(part, schema));
      return { op: 'add', path: `${VERSION_POINTER}/schema/openAPIV3Schema${at(schema, scope).pointer}/x-kubernetes-validations`, value: validations };
    }),
  ];
}

function validation({ scope, below = '', expression, message, value }: Scoped, schema: JSONSchema): Validation {
  const shown = value === undefined ? withValue(`self${below}`, at(schema, `${scope}${below}`).schema, message) : `(${value}) + ${literal(`: ${message}`)}`;
  return { rule: expression, message, ...(shown !== undefined && { messageExpression: shown }), ...(below !== '' && { fieldPath: below }) };
}

/** Strings alone can be shown: an API server refuses string() of an integer in a message, as it cannot tell how long that gets. */
function withValue(value: string, schema: JSONSchema, message: string): string | undefined {
  const shown = `'"' + ${value} + ${literal(`": ${message}`)}`;
  if (schema['x-kubernetes-int-or-string']) return `type(${value}) == string ? ${shown} : ${literal(message)}`;
  return schema.type === 'string' ? shown : undefined;
}

const literal = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function servedVersion(): { name: string; schema: JSONSchema } {
  const [crd] = customResourceDefinitions() as [{ spec: { versions: [{ name: string; schema: { openAPIV3Schema: JSONSchema } }] } }];
  const [{ name, schema }] = crd.spec.versions;
  return { name, schema: schema.openAPIV3Schema };
}

/** The schema at a path such as `spec.ring.fileSize`, and the JSON pointer to it. */
function at(schema: JSONSchema, path: string): { schema: JSONSchema; pointer: string } {
  let [found, pointer] = [schema, ''];
  for (const step of path.replaceAll('[]', '.[]').split('.')) {
    const [child, name] = step === '[]' ? [found.items, 'items'] : step === '*' ? [found['additionalProperties'] as JSONSchema | undefined, 'additionalProperties'] : [found.properties?.[step], `properties/${step}`];
    if (child === undefined) throw new Error(`${path}: the schema has no ${step}`);
    [found, pointer] = [child, `${pointer}/${name}`];
  }
  return { schema: found, pointer };
}
