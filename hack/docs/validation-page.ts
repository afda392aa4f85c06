// docs/validation.md, from the table of rules and the schemas of the CRDs.
import { customResourceDefinitions, type JSONSchema } from '../../src/api/crd.js';
import { RULES } from '../../src/api/rules.js';
import { cell, code, demandsOf } from './api/markdown.js';

const HEAD = `# Validation

A spec is checked in up to three places. Each says which field is at fault and what to do.

| where | what | what is seen |
|---|---|---|
| the API server, by the schema of the CRD | types, ranges, patterns: [the schema](#the-schema) | \`kubectl apply\` refuses |
| the API server, by rules in CEL, where [they are installed](#rules-in-the-api-server) | most of [the rules](#the-rules) | \`kubectl apply\` refuses |
| the operator | all of them, whatever the server | the object is there with \`Accepted=False\`, reason \`InvalidSpec\`; nothing is captured, and a run that is under way goes on with the spec that it began with |

Only tcpdump can say whether a filter compiles: the operator asks it, see \`InvalidFilter\` in [reasons](reasons.md). What an operator allows at most is no rule of the API and is told by the operator alone: [limits](limits.md).

## Rules in the API server

\`\`\`yaml
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [config/default]          # or crds, where the CRDs are installed apart
components: [config/components/cel]
\`\`\`

- For Kubernetes from 1.30 on, with kubectl from 1.21 on. Older servers do not have every function of the rules (before 1.29), or refuse each write to an object that broke a rule before the rule was installed (before 1.30): the operator could not say what is wrong with it. The CRDs in \`crds/\` have no rules.
- A rule in CEL never refuses what the operator accepts: \`make test\` asks both about the same specs.
- A value that is a string stands in the message; an integer cannot, as an API server takes its length for unlimited. The field and the fix are there.
- A duration past 292 years is refused as an error of the rule, with the message behind it.
`;

export const path = 'docs/validation.md';

export function page(): string {
  const rules = RULES.map(({ field, demands, leaves }) => `| ${code(field)} | ${cell(demands)} | yes | ${leaves === undefined ? 'yes' : `in part; not ${cell(leaves)}`} |`);
  return `<!-- Generated from src/api/rules.ts and the schemas by \`make docs\`. Edit there. -->
${HEAD}
## The rules

What a schema alone cannot say.

| field | demands | operator | API server, in CEL |
|---|---|---|---|
${rules.join('\n')}

## The schema

${kinds().map(([kind, schema]) => `### ${kind}\n\n| field | demands |\n|---|---|\n${[...demands(schema, 'spec')].join('\n')}\n`).join('\n')}`;
}

function kinds(): [string, JSONSchema][] {
  const crds = customResourceDefinitions() as { spec: { names: { kind: string }; versions: [{ schema: { openAPIV3Schema: JSONSchema } }] } }[];
  return crds.map(({ spec }) => [spec.names.kind, spec.versions[0].schema.openAPIV3Schema.properties?.['spec'] as JSONSchema]);
}

/** A row for each field of which the schema demands more than its type. */
function* demands(schema: JSONSchema, path: string, isRequired = false): Generator<string> {
  const said = [...demandsOf(schema), ...(isRequired ? ['is required'] : [])];
  if (said.length > 0) yield `| ${code(path)} | ${said.join('; ')} |`;
  for (const [name, property] of Object.entries(schema.properties ?? {})) yield* demands(property, `${path}.${name}`, schema.required?.includes(name));
  if (schema.items) yield* demands(schema.items, `${path}[]`);
  if (schema['additionalProperties']) yield* demands(schema['additionalProperties'] as JSONSchema, `${path}.*`);
}
