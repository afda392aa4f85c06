// From every reason that is trouble one comes to the page by symptom and from there to its row, and the page names no other.
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { REASONS, type ReasonEntry } from '../../../src/api/reason-table.js';

const page = readFileSync(new URL('../../../docs/troubleshooting.md', import.meta.url), 'utf8');
const reasons = readFileSync(new URL('../../../docs/reasons.md', import.meta.url), 'utf8');
const linked = [...page.matchAll(/\[`(\w+)`\]\(reasons\.md#(\w+)\)/g)].map(([, reason = '', anchor = '']) => ({ reason, anchor }));

test('every reason that is trouble stands there', () => {
  const trouble = Object.entries<ReasonEntry>(REASONS).flatMap(([reason, { type }]) => (type === 'Warning' ? [reason] : []));
  expect(trouble.length).toBeGreaterThan(60);
  expect(trouble.filter((reason) => !linked.some((one) => one.reason === reason))).toEqual([]);
});

test('every reason that stands there is one, and leads to its row', () => {
  expect(linked.filter(({ reason }) => !Object.hasOwn(REASONS, reason))).toEqual([]);
  expect(linked.filter(({ reason, anchor }) => anchor !== reason.toLowerCase() || !reasons.includes(`<a id="${anchor}"></a>\`${reason}\``))).toEqual([]);
});

test('every symptom of the first table has its section', () => {
  const [, table = ''] = /\| you see \| go to \|\n([\s\S]*?)\n\n/.exec(page) ?? [];
  const sections = [...page.matchAll(/^## (.*)$/gm)].map(([, title = '']) => title);
  expect(sections.filter((title) => !table.includes(`[${title}](#`))).toEqual([]);
});
