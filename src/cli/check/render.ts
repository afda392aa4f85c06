// The findings as lines: marks and colours on a terminal, words elsewhere.
import { printable } from '../../api/printable.js';
import type { Finding, Result } from './finding.js';

const MARKS: Record<Result, string> = { ok: '\x1b[32m✔\x1b[0m', warn: '\x1b[33m!\x1b[0m', fail: '\x1b[31m✗\x1b[0m' };
const WORDS: Record<Result, string> = { ok: 'OK  ', warn: 'WARN', fail: 'FAIL' };

export const renderFindings = (findings: Finding[], { marks, pre }: { marks: boolean; pre: boolean }): string =>
  [...findings.map(({ result, message, fix }) => `${(marks ? MARKS : WORDS)[result]} ${printable(message)}${fix === undefined ? '' : `; ${printable(fix)}`}`), summary(findings, pre)].map((line) => `${line}\n`).join('');

function summary(findings: Finding[], pre: boolean): string {
  const failed = findings.filter(({ result }) => result === 'fail').length;
  const warned = findings.filter(({ result }) => result === 'warn').length;
  if (failed > 0) return `${failed} of ${findings.length} checks failed${warned === 0 ? '' : `, ${warned} to note`}`;
  if (warned > 0) return `nothing failed of ${findings.length} checks, ${warned} to note`;
  return pre ? 'it can be installed here' : 'everything that captures need is in place';
}

export const hasFailed = (findings: Finding[]): boolean => findings.some(({ result }) => result === 'fail');
