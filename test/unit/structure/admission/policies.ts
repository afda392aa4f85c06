// What an API server does with the ValidatingAdmissionPolicies of config/components/validating-admission-policy: matches a request, and evaluates their CEL over it.
import { readFileSync } from 'node:fs';
import { Environment } from '@marcbachmann/cel-js';
import { parse, parseAllDocuments } from 'yaml';

const FOLDER = new URL('../../../../config/components/validating-admission-policy/', import.meta.url);

interface Rule {
  apiGroups: string[];
  apiVersions: string[];
  operations: string[];
  resources: string[];
}
export interface Policy {
  kind: 'ValidatingAdmissionPolicy';
  metadata: { name: string };
  spec: {
    failurePolicy: string;
    paramKind?: { apiVersion: string; kind: string };
    matchConstraints: { namespaceSelector?: { matchLabels?: Record<string, string>; matchExpressions?: { key: string; operator: string; values: string[] }[] }; resourceRules: Rule[] };
    matchConditions?: { name: string; expression: string }[];
    variables?: { name: string; expression: string }[];
    validations: { expression: string; message: string; reason?: string }[];
  };
}
export interface Binding {
  kind: 'ValidatingAdmissionPolicyBinding';
  metadata: { name: string };
  spec: { policyName: string; validationActions: string[]; paramRef?: { name: string; namespace: string; parameterNotFoundAction: string } };
}

export interface Request {
  operation: 'CREATE' | 'UPDATE' | 'CONNECT';
  /** `pods`, `pods/exec`. */
  resource: string;
  group?: string;
  namespace: string;
  username: string;
  groups?: string[];
  object?: unknown;
  oldObject?: unknown;
}

const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

const { resources } = parse(readFileSync(new URL('kustomization.yaml', FOLDER), 'utf8')) as { resources: string[] };
const objects = resources.flatMap((file) => parseAllDocuments(readFileSync(new URL(file, FOLDER), 'utf8'), { version: '1.1' }).map((document) => document.toJSON() as Policy | Binding));
export const POLICIES = objects.filter((object) => object.kind === 'ValidatingAdmissionPolicy');
export const BINDINGS = objects.filter((object) => object.kind === 'ValidatingAdmissionPolicyBinding');

/** An evaluator with more types than these: an API server too evaluates every object as dyn. */
const environment = new Environment({ homogeneousAggregateLiterals: false }).registerVariable('request', 'dyn').registerVariable('object', 'dyn').registerVariable('oldObject', 'dyn').registerVariable('params', 'dyn').registerVariable('variables', 'dyn');

/** What every expression is found to be; throws where it does not compile. */
export function typesOf(policy: Policy): string[] {
  const { matchConditions = [], variables = [], validations } = policy.spec;
  const typeOf = ({ expression }: { expression: string }): string => {
    const { valid, type, error } = environment.check(expression);
    if (!valid) throw new Error(`${policy.metadata.name}: ${expression}: ${error?.message}`);
    return type as string;
  };
  variables.forEach(typeOf);
  return [...matchConditions, ...validations].map(typeOf);
}

/** The messages of all that refuse it; of what cannot be evaluated, the evaluator's: failurePolicy is Fail. */
export function refusals(request: Request, params?: unknown): string[] {
  return POLICIES.filter(({ spec }) => matches(spec, request)).flatMap(({ spec }) => {
    const scope = { request: celRequest(request), object: celValue(request.object ?? null), oldObject: celValue(request.oldObject ?? null), params: celValue(params ?? null), variables: {} as Record<string, unknown> };
    if (spec.matchConditions?.some(({ expression }) => evaluate(expression, scope) !== true)) return [];
    for (const { name, expression } of spec.variables ?? []) scope.variables[name] = evaluate(expression, scope);
    return spec.validations.flatMap(({ expression, message }) => {
      const verdict = evaluate(expression, scope);
      return verdict === true ? [] : verdict === false ? [message] : [`${message} (${String(verdict)})`];
    });
  });
}

function matches({ matchConstraints: { namespaceSelector, resourceRules } }: Policy['spec'], { operation, resource, group = '', namespace }: Request): boolean {
  const isNamed = Object.entries(namespaceSelector?.matchLabels ?? {}).every(([key, value]) => key === NAMESPACE_NAME && value === namespace);
  const isAmong = (namespaceSelector?.matchExpressions ?? []).every(({ key, operator, values }) => key === NAMESPACE_NAME && operator === 'In' && values.includes(namespace));
  return isNamed && isAmong && resourceRules.some((rule) => rule.apiGroups.includes(group) && rule.operations.includes(operation) && rule.resources.includes(resource));
}

function celRequest({ operation, resource, group = '', namespace, username, groups }: Request): object {
  const [name = '', subResource = ''] = resource.split('/');
  return { operation, resource: { group, version: 'v1', resource: name }, subResource, namespace, userInfo: { username, ...(groups && { groups }) } };
}

const parsed = new Map<string, ReturnType<Environment['parse']>>();
function evaluate(expression: string, scope: Record<string, unknown>): unknown {
  const compiled = parsed.get(expression) ?? environment.parse(expression);
  parsed.set(expression, compiled);
  try {
    return compiled(scope);
  } catch (error) {
    return error;
  }
}

/** JSON's integers are int64s, and what is undefined is not there. */
function celValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(celValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([, child]) => child !== undefined).map(([name, child]) => [name, celValue(child)]));
}
