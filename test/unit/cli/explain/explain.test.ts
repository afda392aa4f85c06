// What explain says, whole: each situation's text stands in texts/<name>.txt.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { explain, explainEarlier } from '../../../../src/cli/explain/explain.js';
import { renderExplanation, wrap } from '../../../../src/cli/explain/render.js';
import { textWidth } from '../../../../src/cli/terminal/width.js';
import { situations } from './situations.js';

const explained = situations().map(({ name, subject, runID }) => ({ name, subject, explanation: runID === undefined ? explain(subject) : explainEarlier(subject, runID) }));

test.each(explained)('$name', ({ name, explanation }) => {
  expect(renderExplanation(explanation, 80, { bold: false })).toBe(readFileSync(new URL(`texts/${name}.txt`, import.meta.url), 'utf8'));
});

test('nothing is said twice, and no line is empty', () => {
  for (const { explanation } of explained) {
    const lines = explanation.sections.flatMap((section) => section.lines);
    expect(lines.filter((line, index) => lines.indexOf(line) !== index || line.trim() === '')).toEqual([]);
  }
});

describe('on a terminal', () => {
  test('no line is wider than it is, but for words that are', () => {
    for (const { explanation } of explained) {
      for (const line of renderExplanation(explanation, 40, { bold: false }).split('\n')) expect(textWidth(line) <= 40 || line.trim().split(' ').length === 1).toBe(true);
    }
  });

  test('what a terminal would act on is shown as code points', () => {
    const [{ subject } = explained[0] as never] = explained.slice(5);
    const status = { ...subject.capture.status, targets: [{ name: 'x', podName: 'evil\u001b]0;x\u0007\u202e', state: 'Capturing' }] };
    const text = renderExplanation(explain({ ...subject, capture: { ...subject.capture, status } }), 80, { bold: false });
    expect(text).toContain('evil\\u{1b}]0;x\\u{7}\\u{202e}');
    expect([...text].filter((character) => character !== '\n' && /\p{C}/u.test(character))).toEqual([]);
  });

  test('further lines of a sentence stand further in', () => {
    expect(wrap('one two three four', 12, '  ')).toEqual(['  one two', '    three', '    four']);
  });
});
