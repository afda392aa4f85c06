// What an API server estimates a rule to cost at worst, and refuses the CRD for: checker/cost.go of cel-go with the sizes of k8s.io/apiserver, as of 1.29.
import { parse, type ASTNode } from '@marcbachmann/cel-js';
import type { JSONSchema } from '../../../../src/api/crd.js';

/** Of one rule, or one messageExpression. */
export const COST_LIMIT = 10_000_000;
/** Of all of a CRD. */
export const TOTAL_COST_LIMIT = 100_000_000;

/** Characters of a request. */
const UNBOUNDED = 3 * 1024 * 1024 - 2;
const TRAVERSAL = 0.1;
const REGEX = 0.25;
const LIST = 10;
/** Beside the body of `all`, `exists` and `exists_one`: its condition and its step. */
const ROUND = 4;

interface Estimate {
  cost: number;
  /** Characters, items; of what has none 1; unknown: infinite. */
  size: number;
  isText?: boolean;
  schema?: JSONSchema | undefined;
}

export function estimatedCost(schema: JSONSchema, expression: string): number {
  return estimate(parse(expression).ast, new Map([['self', schema]]), sizeOf(schema)).cost;
}

function estimate(node: ASTNode, variables: ReadonlyMap<string, JSONSchema | undefined>, rootSize: number): Estimate {
  const of = (child: ASTNode): Estimate => estimate(child, variables, rootSize);
  switch (node.op) {
    case 'value':
      return typeof node.args === 'string' ? { cost: 0, size: node.args.length, isText: true } : { cost: 0, size: 1 };
    case 'id':
      // A type's name is taken for a path to the root.
      return variables.has(node.args) ? described(1, variables.get(node.args)) : { cost: 1, size: rootSize };
    case 'list':
      return { cost: sum(node.args.map(of)) + LIST, size: node.args.length };
    case '.': {
      const { cost, schema } = of(node.args[0]);
      return described(cost + 1, schema?.properties?.[node.args[1]]);
    }
    case '[]': {
      const [operand, key] = [of(node.args[0]), of(node.args[1])];
      return described(operand.cost + key.cost + 1, operand.schema?.['additionalProperties'] as JSONSchema | undefined);
    }
    case '?:': {
      const [condition, yes, no] = [of(node.args[0]), of(node.args[1]), of(node.args[2])];
      return { cost: condition.cost + Math.max(yes.cost, no.cost), size: Math.max(yes.size, no.size), isText: yes.isText ?? false };
    }
    case '!_':
    case '-_':
      return { cost: of(node.args).cost + 1, size: 1 };
    case '&&':
    case '||':
      return { cost: of(node.args[0]).cost + of(node.args[1]).cost, size: 1 };
    case '==':
    case '!=': {
      const [left, right] = [of(node.args[0]), of(node.args[1])];
      return { cost: left.cost + right.cost + traversed(Math.min(left.size, right.size)), size: 1 };
    }
    case '+': {
      const [left, right] = [of(node.args[0]), of(node.args[1])];
      const size = left.size + right.size;
      return left.isText || right.isText ? { cost: left.cost + right.cost + traversed(size), size, isText: true } : { cost: left.cost + right.cost + 1, size: 1 };
    }
    case 'in': {
      const [item, list] = [of(node.args[0]), of(node.args[1])];
      return { cost: item.cost + list.cost + list.size, size: 1 };
    }
    case 'call': {
      const [name, given] = node.args;
      const isOpen = name === 'string' || name === 'type';
      return { cost: sum(given.map(of)) + (name === 'has' ? 0 : 1), size: isOpen ? Infinity : 1, isText: name === 'string' };
    }
    case 'rcall':
      return { cost: methodCost(...node.args), size: 1 };
    case '<':
    case '<=':
    case '>':
    case '>=':
    case '-':
    case '*':
    case '/':
    case '%':
      return { cost: of(node.args[0]).cost + of(node.args[1]).cost + 1, size: 1 };
    default:
      throw new Error(`what does ${node.op} cost?`);
  }

  function methodCost(name: string, targetNode: ASTNode, given: ASTNode[]): number {
    const target = of(targetNode);
    if (['all', 'exists', 'exists_one'].includes(name)) {
      const [variable, body] = given as [Extract<ASTNode, { op: 'id' }>, ASTNode];
      const inner = new Map([...variables, [variable.args, elementOf(target.schema)]]);
      return target.cost + target.size * (estimate(body, inner, rootSize).cost + ROUND);
    }
    const parts = given.map(of);
    const before = target.cost + sum(parts);
    const size = parts[0]?.size ?? 0;
    if (name === 'matches') return before + traversed(target.size + 1) * Math.ceil(size * REGEX);
    if (name === 'contains') return before + traversed(target.size) * traversed(size);
    if (name === 'indexOf') return before + traversed(target.size);
    return before + 1;
  }
}

const sum = (parts: Estimate[]): number => parts.reduce((total, { cost }) => total + cost, 0);
const traversed = (size: number): number => Math.ceil(size * TRAVERSAL);

function described(cost: number, schema: JSONSchema | undefined): Estimate {
  return { cost, size: schema === undefined ? 1 : sizeOf(schema), schema, isText: schema?.type === 'string' || schema?.['x-kubernetes-int-or-string'] === true };
}

/** Of a map the keys, whose length an API server takes for 0. */
const elementOf = (schema: JSONSchema | undefined): JSONSchema | undefined => (schema?.['additionalProperties'] ? { type: 'string', maxLength: 0 } : schema?.items);

function sizeOf(schema: JSONSchema): number {
  const { maxLength, maxItems, maxProperties } = schema as { maxLength?: number; maxItems?: number; maxProperties?: number };
  // Later releases look at maxLength here too.
  if (schema['x-kubernetes-int-or-string']) return UNBOUNDED;
  if (schema.type === 'string') return maxLength === undefined ? UNBOUNDED : maxLength * 4;
  if (schema.type === 'array') return maxItems ?? UNBOUNDED;
  if (schema['additionalProperties']) return maxProperties ?? UNBOUNDED;
  return schema.type === 'object' ? 0 : 1;
}
