// What an API server does with x-kubernetes-validations: types them by the schema, and evaluates them wherever the object has a value.
import { Environment } from '@marcbachmann/cel-js';
import type { Validation } from '../../../../src/api/cel.js';
import type { JSONSchema } from '../../../../src/api/crd.js';
import { GoDuration } from './go-duration.js';
import { Quantity } from './quantity.js';

export interface Refusal {
  validation: Validation;
  field: string;
  /** As a person reads it: the message with the value where that can be evaluated, or else the message alone. */
  text: string;
}

/** The evaluator's own duration() takes no "0" and knows no 292 years, and cannot be replaced: rules see Go's under this name. */
const withGoDurations = (expression: string): string => expression.replaceAll(/\bduration\(/g, 'goDuration(');

const base = new Environment()
  .registerType('kubernetes.Quantity', Quantity)
  .registerFunction('quantity(string): kubernetes.Quantity', (text: string) => {
    const quantity = Quantity.parse(text);
    if (quantity === undefined) throw new Error(`${text} is no quantity`);
    return quantity;
  })
  .registerFunction('isQuantity(string): bool', (text: string) => Quantity.parse(text) !== undefined)
  .registerFunction('kubernetes.Quantity.sign(): int', (quantity: Quantity) => quantity.sign)
  .registerFunction('kubernetes.Quantity.asApproximateFloat(): double', (quantity: Quantity) => quantity.asApproximateFloat)
  .registerFunction('kubernetes.Quantity.isLessThan(kubernetes.Quantity): bool', (a: Quantity, b: Quantity) => a.compareTo(b) < 0n)
  .registerFunction('kubernetes.Quantity.isGreaterThan(kubernetes.Quantity): bool', (a: Quantity, b: Quantity) => a.compareTo(b) > 0n)
  .registerFunction('kubernetes.Quantity.sub(int): kubernetes.Quantity', (quantity: Quantity, n: bigint) => quantity.sub(Quantity.ofInteger(n)))
  .registerType('go.Duration', GoDuration)
  .registerFunction('goDuration(string): go.Duration', (text: string) => GoDuration.parse(text))
  .registerOperator('go.Duration >= go.Duration', (a: GoDuration, b: GoDuration) => a.nanoseconds >= b.nanoseconds)
  .registerFunction('int(go.Duration): int', (duration: GoDuration) => duration.nanoseconds);

/** An environment in which `self` is what the schema says. */
function environmentOf(schema: JSONSchema): Environment {
  const environment = base.clone();
  let types = 0;
  const typeOf = (schema: JSONSchema): string => {
    if (schema['x-kubernetes-int-or-string']) return 'dyn';
    if (schema.type === 'array') return `list<${typeOf(schema.items as JSONSchema)}>`;
    if (schema['additionalProperties']) return `map<string, ${typeOf(schema['additionalProperties'] as JSONSchema)}>`;
    if (schema.type === 'object') {
      const name = `Object${(types += 1)}`;
      environment.registerType(name, { fields: Object.fromEntries(Object.entries(schema.properties ?? {}).map(([field, property]) => [field, typeOf(property)])) });
      return name;
    }
    return { integer: 'int', string: 'string', boolean: 'bool' }[schema.type as string] as string;
  };
  return environment.registerVariable('self', typeOf(schema));
}

/** What a rule and its message are found to be when the CRD is written; throws where an API server refuses them. */
export function typeCheck(schema: JSONSchema, { rule, messageExpression }: Validation): string[] {
  return [rule, ...(messageExpression === undefined ? [] : [messageExpression])].map((expression) => {
    const { valid, type, error } = environmentOf(schema).check(withGoDurations(expression));
    if (!valid) throw new Error(`${expression}: ${error?.message}`);
    return type as string;
  });
}

export interface Validated {
  /** `[]` after a list is each of its items, `.*` after a map each of its values. */
  path: string;
  schema: JSONSchema;
  validations: Validation[];
  /** How often an object can have a value there, at most. */
  cardinality: number;
}

/** Every schema with validations. */
export function* validated(schema: JSONSchema, path: string, cardinality = 1): Generator<Validated> {
  const validations = schema['x-kubernetes-validations'] as Validation[] | undefined;
  if (validations !== undefined) yield { path, schema, validations, cardinality };
  for (const [name, property] of Object.entries(schema.properties ?? {})) yield* validated(property, `${path}.${name}`, cardinality);
  if (schema.items) yield* validated(schema.items, `${path}[]`, cardinality * ((schema['maxItems'] as number | undefined) ?? Infinity));
  if (schema['additionalProperties']) yield* validated(schema['additionalProperties'] as JSONSchema, `${path}.*`, cardinality * ((schema['maxProperties'] as number | undefined) ?? Infinity));
}

/** Evaluates a schema's validations over objects with their defaults, as an API server does when one is written. */
export function validator(schema: JSONSchema, root: string): (object: unknown) => Refusal[] {
  const compiled = [...validated(schema, root)].flatMap(({ path, schema, validations }) => {
    const environment = environmentOf(schema);
    return validations.map((validation) => ({ path, schema, validation, keeps: environment.parse(withGoDurations(validation.rule)), says: environment.parse(validation.messageExpression ?? `''`) }));
  });
  return (object) =>
    compiled.flatMap(({ path, schema, validation, keeps, says }) =>
      [...values(object, root, path.slice(root.length))].flatMap(([field, value]): Refusal[] => {
        const self = celValue(value, schema);
        if (evaluated(() => keeps({ self })) === true) return [];
        const message = evaluated(() => says({ self }));
        const text = typeof message === 'string' && message !== '' && !message.includes('\n') ? message : validation.message;
        return [{ validation, field: `${field}${validation.fieldPath ?? ''}`, text }];
      }),
    );
}

/** What an object has at a path, each with its field as an API server calls it. */
function* values(value: unknown, field: string, path: string): Generator<[field: string, value: unknown]> {
  if (value === undefined || value === null) return;
  const [, step = '', rest = ''] = /^(\[\]|\.[^.[]+)(.*)$/.exec(path) ?? [];
  if (step === '') yield [field, value];
  else if (step === '[]') for (const [index, item] of (value as unknown[]).entries()) yield* values(item, `${field}[${index}]`, rest);
  else if (step === '.*') for (const [key, child] of Object.entries(value)) yield* values(child, `${field}[${key}]`, rest);
  else yield* values((value as Record<string, unknown>)[step.slice(1)], `${field}${step}`, rest);
}

/** An error refuses, as false does. */
function evaluated(evaluate: () => unknown): unknown {
  try {
    return evaluate();
  } catch {
    return undefined;
  }
}

/** JSON's integers are int64s, and a map has no keys but its own. */
function celValue(value: unknown, schema: JSONSchema): unknown {
  if (typeof value === 'number') return BigInt(value);
  if (Array.isArray(value)) return value.map((item) => celValue(item, schema.items as JSONSchema));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, child]) => child !== undefined);
  const ofKeys = schema['additionalProperties'] as JSONSchema | undefined;
  if (ofKeys) return new Map(entries.map(([key, child]) => [key, celValue(child, ofKeys)]));
  return Object.fromEntries(entries.map(([name, child]) => [name, celValue(child, schema.properties?.[name] as JSONSchema)]));
}
