// LabelSelector, as Kubernetes has it: the schema, the rules beyond it, and whether labels match.
import * as z from 'zod';

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const;

const MOST_LABELS = 64;

const requirementSchema = z.object({
  key: z.string().max(317).describe('Key of the label.'),
  operator: z.enum(OPERATORS).describe("How the label's value relates to the values."),
  values: z.array(z.string().max(63)).max(64).optional().meta({ 'x-kubernetes-list-type': 'atomic' }).describe('For In and NotIn: one or more values. For Exists and DoesNotExist: none.'),
});

export const labelSelectorSchema = z.object({
  matchLabels: z.record(z.string(), z.string().max(63)).refine((labels) => Object.keys(labels).length <= MOST_LABELS, `more than ${MOST_LABELS} labels`).optional().meta({ maxProperties: MOST_LABELS }).describe('Labels that must be there, each with this value.'),
  matchExpressions: z.array(requirementSchema).max(64).optional().meta({ 'x-kubernetes-list-type': 'atomic' }).describe('Requirements that must all be met.'),
});
export type LabelSelector = z.infer<typeof labelSelectorSchema>;

/** Whether an object with these labels is selected. A selector without requirements selects all. */
export function matches({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Readonly<Record<string, string>> = {}): boolean {
  if (!Object.entries(matchLabels).every(([key, value]) => labels[key] === value)) return false;
  return matchExpressions.every(({ key, operator, values = [] }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    const isListed = value !== undefined && values.includes(value);
    return operator === 'In' ? isListed : !isListed;
  });
}

const NAME = '[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?';
const DNS_LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
/** A label's key: an optional DNS subdomain before a slash, and a name. */
export const LABEL_KEY_PATTERN = `^(${DNS_LABEL}(\\.${DNS_LABEL})*/)?${NAME}$`;
export const LABEL_VALUE_PATTERN = `^(${NAME})?$`;
const KEY = new RegExp(LABEL_KEY_PATTERN);
const VALUE = new RegExp(LABEL_VALUE_PATTERN);

/** What is wrong with a selector: it could not select what it says. The rest of a sentence after the field. */
export function selectorProblem({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string | undefined {
  for (const [key, value] of Object.entries(matchLabels)) {
    const problem = keyProblem(key) ?? valueProblem(value);
    if (problem !== undefined) return `.matchLabels ${problem}`;
  }
  for (const [index, { key, operator, values = [] }] of matchExpressions.entries()) {
    const needsValues = operator === 'In' || operator === 'NotIn';
    const unfit = needsValues === values.length > 0 ? undefined : needsValues ? `${operator}: needs one or more values; add for example "values: [web]"` : `${operator}: takes no values; remove them, or use In`;
    const problem = keyProblem(key) ?? unfit ?? values.map(valueProblem).find((p) => p !== undefined);
    if (problem !== undefined) return `.matchExpressions[${index}] ${problem}`;
  }
  return undefined;
}

const keyProblem = (key: string): string | undefined =>
  KEY.test(key) && key.split('/').slice(0, -1).join('').length <= 253 ? undefined : `${JSON.stringify(key.slice(0, 80))}: is no key of a label; write for example "app" or "app.kubernetes.io/name"`;

const valueProblem = (value: string): string | undefined => (VALUE.test(value) ? undefined : `${JSON.stringify(value)}: is no value of a label: letters, digits, "-", "_" and "." only, beginning and ending with a letter or digit`);

/** As kubectl takes it with -l. */
export function formatSelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const parts = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  for (const { key, operator, values = [] } of matchExpressions) {
    if (operator === 'Exists') parts.push(key);
    else if (operator === 'DoesNotExist') parts.push(`!${key}`);
    else parts.push(`${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`);
  }
  return parts.join(',');
}
