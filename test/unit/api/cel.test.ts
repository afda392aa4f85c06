// The rules in CEL, as config/components/cel puts them into the CRD: an API server takes them, and they refuse what the operator refuses.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { celPatch, type Validation } from '../../../src/api/cel.js';
import type { JSONSchema } from '../../../src/api/crd.js';
import { packetCaptureSpecSchema } from '../../../src/api/packetcapture.js';
import { RULES } from '../../../src/api/rules.js';
import { typeCheck, validated, validator, type Refusal } from './cel/api-server.js';
import { committedPatch, crdWithRules } from './cel/committed.js';
import { COST_LIMIT, estimatedCost, TOTAL_COST_LIMIT } from './cel/cost.js';
import { anySpec, CORPUS, type RawSpec } from './rules-corpus.js';

const specSchema = crdWithRules().spec.versions[0].schema.openAPIV3Schema.properties?.['spec'] as JSONSchema;
const refusals = validator(specSchema, 'spec');

test('what is committed is what the rules say: if not, run `make crds`', () => {
  expect(committedPatch()).toEqual(JSON.parse(JSON.stringify(celPatch())));
});

test('every rule is in it', () => {
  const messages = [...validated(specSchema, 'spec')].flatMap(({ validations }) => validations.map(({ message }) => message));
  expect(messages.toSorted()).toEqual(RULES.flatMap(({ cel }) => cel.map(({ message }) => message)).toSorted());
  expect(new Set(messages).size).toBe(messages.length);
});

describe('an API server takes', () => {
  const all = [...validated(specSchema, 'spec')].flatMap(({ path, schema, validations, cardinality }) => validations.map((validation): [string, Validation, JSONSchema, number] => [path, validation, schema, cardinality]));

  test.each(all)('of %s $rule: of the right types', (_, validation, schema) => {
    expect(typeCheck(schema, validation)).toEqual(['bool', ...(validation.messageExpression === undefined ? [] : ['string'])]);
  });

  test.each(all)('of %s $message: short enough, one line, of a field that is there', (_, { message, messageExpression, fieldPath }, schema) => {
    expect(message).toMatch(/^[^\n]{1,2048}$/);
    expect(messageExpression ?? '').not.toContain('\n');
    if (fieldPath !== undefined) expect(schema.properties).toHaveProperty(fieldPath.slice(1));
  });

  test('all of them for their estimated cost', () => {
    const costs = all.flatMap(([, { rule, messageExpression }, schema, cardinality]) => [rule, messageExpression ?? '1'].map((expression) => cardinality * estimatedCost(schema, expression)));
    // Half of the limits: the estimate is ours.
    expect(Math.max(...costs)).toBeLessThan(COST_LIMIT / 2);
    expect(costs.reduce((sum, cost) => sum + cost)).toBeLessThan(TOTAL_COST_LIMIT / 2);
  });
});

/** The verdict of each rule, by the operator and in CEL. */
function verdicts(raw: RawSpec): { rule: (typeof RULES)[number]; operator: string | undefined; cel: Refusal | undefined }[] {
  // As the schema takes it and with its defaults: an API server too fills them in before.
  const parsed = packetCaptureSpecSchema.safeParse(raw);
  if (!parsed.success) return [];
  const refused = refusals(parsed.data);
  return RULES.map((rule) => ({ rule, operator: rule.check(parsed.data), cel: refused.find(({ validation }) => rule.cel.some(({ message }) => message === validation.message)) }));
}

function expectAgreement(raw: RawSpec): void {
  const apart = verdicts(raw).filter(({ rule, operator, cel }) => (operator === undefined) !== (cel === undefined) && !(rule.leaves !== undefined && cel === undefined));
  expect(apart.map(({ rule, operator, cel }) => ({ raw, field: rule.field, operator, cel: cel?.text }))).toEqual([]);
}

describe('the operator and CEL say the same', () => {
  test.each(CORPUS)('of %j', (raw) => {
    expectAgreement(raw);
  });

  test('of any spec', () => {
    fc.assert(fc.property(anySpec, expectAgreement), { numRuns: 2_000 });
  });

  test.each(RULES)('and the corpus keeps and breaks: $field $demands', (rule) => {
    const said = CORPUS.flatMap(verdicts).filter((verdict) => verdict.rule === rule);
    expect(said.some(({ operator }) => operator === undefined)).toBe(true);
    expect(said.some(({ operator, cel }) => operator !== undefined && cel !== undefined)).toBe(true);
    expect(said.some(({ operator, cel }) => operator !== undefined && cel === undefined)).toBe(rule.leaves !== undefined);
  });
});

describe('a refusal shows the value and the fix', () => {
  const JOB = { apiVersion: 'batch/v1', kind: 'Job', name: 'web' };
  const expressions = (...matchExpressions: object[]): RawSpec => ({ target: { podSelector: { matchExpressions } } });

  test.each<[RawSpec, string]>([
    [{ target: {} }, 'spec.target names nothing: must have exactly one of podName, podSelector and workloadRef; add one, for example "podName: web-0", or keep one and make a capture of each'],
    [{ target: { podName: 'x', podSelector: {} } }, 'spec.target has podName and podSelector: must have exactly one of podName, podSelector and workloadRef; add one, for example "podName: web-0", or keep one and make a capture of each'],
    [{ target: { podName: 'x', podSelector: {}, workloadRef: JOB } }, 'spec.target has podName and podSelector and workloadRef: must have exactly one of podName, podSelector and workloadRef; add one, for example "podName: web-0", or keep one and make a capture of each'],
    [{ target: { podName: 'x', workloadRef: JOB } }, 'spec.target has podName and workloadRef: must have exactly one of podName, podSelector and workloadRef; add one, for example "podName: web-0", or keep one and make a capture of each'],
    [{ target: { workloadRef: { ...JOB, apiVersion: 'apps/v1' } } }, 'spec.target.workloadRef.apiVersion "apps/v1": must be "batch/v1" for a Job, "v1" for a Service and "apps/v1" for the other kinds'],
    [{ target: { podSelector: { matchLabels: { 'a/b/c': 'web' } } } }, 'spec.target.podSelector.matchLabels has a key that no label can have; write for example "app" or "app.kubernetes.io/name"'],
    [{ target: { podSelector: { matchLabels: { app: 'a/b' } } } }, 'spec.target.podSelector.matchLabels[app] "a/b": is no value of a label: letters, digits, "-", "_" and "." only, beginning and ending with a letter or digit'],
    [expressions({ key: 'app', operator: 'Exists' }, { key: '-x', operator: 'Exists' }), 'spec.target.podSelector.matchExpressions[1].key "-x": is no key of a label; write for example "app" or "app.kubernetes.io/name"'],
    [expressions({ key: 'app', operator: 'In' }), 'spec.target.podSelector.matchExpressions[0].operator "In": In and NotIn need one or more values, Exists and DoesNotExist take none; add for example "values: [web]", or remove them'],
    [expressions({ key: 'app', operator: 'In', values: ['web', 'a b'] }), 'spec.target.podSelector.matchExpressions[0].values[1] "a b": cannot be the value of a label: letters, digits, "-", "_" and "." only, beginning and ending with a letter or digit'],
    [{ interface: 'nflog' }, 'spec.interface "nflog": must be "any" or the name of an interface of the pod such as "eth0", not a bare number and not a pseudo device of libpcap'],
    [{ filter: ' -w /x' }, 'spec.filter " -w /x": begins with "-", which tcpdump would take for an option; begin with an expression such as "tcp port 8080"'],
    [{ duration: '0h0s' }, 'spec.duration "0h0s": must be longer than 0 and below 292 years, for example "5m"; "0s" (until stopped) is for a flight recorder: add "upload: {policy: OnDemand}"'],
    [{ bufferSize: '1.5Gi', maxSize: '0.5' }, 'spec.maxSize "0.5": must be whole bytes, at least 1 and below 9P; write for example "1Gi", or leave the field out for no limit'],
    [{ ring: { fileSize: '500k' } }, 'spec.ring.fileSize "500k": must be a whole multiple of 1M (tcpdump counts in 1,000,000 bytes); use for example "10M"'],
    [{ ring: { fileSize: 500_000 } }, 'spec.ring.fileSize must be a whole multiple of 1M (tcpdump counts in 1,000,000 bytes); use for example "10M"'],
    [{ ring: { rotateInterval: '1500ms' } }, `spec.ring.rotateInterval "1500ms": must be whole seconds, at least 1s (tcpdump's -G counts in seconds); use for example "30s"`],
    [{ ring: { files: 5 } }, 'spec.ring.files without fileSize or rotateInterval there is only ever one file; add for example "fileSize: 10M"'],
    [{ ring: { files: 1, fileSize: '1M' } }, 'spec.ring.files 1: the open file is one of them, so a closed one could never wait for delivery; use 2 or more'],
    [{ spool: { maxSize: '7.9M' } }, `spec.spool.maxSize "7.9M": must be whole bytes, at least 8M and below 9P (a file is closed at a quarter of it, and tcpdump's smallest file is 1M); use for example "1Gi"`],
  ])('%j', (raw, sentence) => {
    expect(verdicts({ target: { podName: 'web-0' }, ...raw }).flatMap(({ cel }) => (cel === undefined ? [] : [`${cel.field} ${cel.text}`]))).toEqual([sentence]);
  });
});
