// A label selector in kubectl's grammar, as the fields of an object: app=web,tier in (a,b),!canary.
import type { LabelSelector } from '../../api/label-selector.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';

type Requirement = NonNullable<LabelSelector['matchExpressions']>[number];

const KEY = String.raw`[^\s,!=()<>]+`;
const SET = new RegExp(String.raw`^(${KEY})\s+(in|notin)\s*\(([^()]*)\)$`);
const EQUALITY = new RegExp(String.raw`^(${KEY})\s*(==|=|!=)\s*([^\s,!=()<>]*)$`);
const EXISTS = new RegExp(String.raw`^(!?)\s*(${KEY})$`);

/** Throws a Failure with what cannot be read. Whether keys and values are labels' is for the rules of the API to say. */
export function parseSelector(text: string): LabelSelector {
  // Null prototype: a label may be called __proto__, and is refused as such later.
  const matchLabels = Object.create(null) as Record<string, string>;
  const matchExpressions: Requirement[] = [];
  const parts = split(text).map((part) => part.trim());
  for (const part of parts) {
    const requirement = parseRequirement(part);
    if (requirement === undefined) throw new Failure(`-l ${JSON.stringify(text)}: ${part === '' ? 'holds an empty part' : `cannot read ${JSON.stringify(part)}`}; write for example app=web,tier!=cache or "app in (web,api)"`, EXIT.usage);
    const [only = ''] = requirement.values ?? [];
    if (requirement.operator === 'In' && requirement.values?.length === 1 && !Object.hasOwn(matchLabels, requirement.key)) matchLabels[requirement.key] = only;
    else matchExpressions.push(requirement);
  }
  return { ...(Object.keys(matchLabels).length > 0 && { matchLabels }), ...(matchExpressions.length > 0 && { matchExpressions }) };
}

function parseRequirement(part: string): Requirement | undefined {
  const set = SET.exec(part);
  if (set) return { key: set[1] as string, operator: set[2] === 'in' ? 'In' : 'NotIn', values: (set[3] as string).split(',').map((value) => value.trim()) };
  const equality = EQUALITY.exec(part);
  if (equality) return { key: equality[1] as string, operator: equality[2] === '!=' ? 'NotIn' : 'In', values: [equality[3] as string] };
  const exists = EXISTS.exec(part);
  return exists ? { key: exists[2] as string, operator: exists[1] === '!' ? 'DoesNotExist' : 'Exists' } : undefined;
}

/** At commas that stand in no parentheses. */
const split = (text: string): string[] => text.split(/,(?![^(]*\))/);
