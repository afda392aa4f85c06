import { describe, expect, test } from '@jest/globals';
import { findingsOf, type Finding } from '../../../../src/cli/check/finding.js';
import { renderFindings } from '../../../../src/cli/check/render.js';
import { checkServer } from '../../../../src/cli/check/server.js';

const { ok, warn, fail } = findingsOf('crds');
const FINDINGS: Finding[] = [ok('all is well'), warn('look here'), fail('"\u202eevil\u001b[2J" is not Ready', 'mend it')];

test('words where there is no terminal, and no character that a terminal would act on', () => {
  expect(renderFindings(FINDINGS, { marks: false, pre: false })).toBe('OK   all is well\nWARN look here\nFAIL "\\u{202e}evil\\u{1b}[2J" is not Ready; mend it\n1 of 3 checks failed, 1 to note\n');
});

test('marks on a terminal', () => {
  expect(renderFindings([ok('all is well'), warn('look here')], { marks: false, pre: false })).toMatch(/\nnothing failed of 2 checks, 1 to note\n$/);
  expect(renderFindings([ok('all is well')], { marks: true, pre: true })).toBe('\u001b[32m✔\u001b[0m all is well\nit can be installed here\n');
});

describe('the API server', () => {
  const version = (minor: number) => ({ value: { gitVersion: `v1.${minor}.0`, major: 1, minor } });
  test('is new enough', () => expect(checkServer('https://k', version(20))).toMatchObject({ result: 'ok', message: 'Kubernetes v1.20.0 answers at https://k' }));
  test('is too old', () => expect(checkServer('https://k', version(19))).toMatchObject({ result: 'fail', message: 'Kubernetes v1.19.0 answers at https://k, and is older than 1.20' }));
  test('does not answer', () => expect(checkServer('https://k', { problem: 'connect ECONNREFUSED' })).toMatchObject({ result: 'fail', message: 'cannot reach the API server https://k: connect ECONNREFUSED' }));
});
