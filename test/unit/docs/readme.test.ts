// The README's first screen, and what it says in few lines.
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { blocksOf, textOf } from './blocks/pages.js';

const readme = textOf('README.md');
const [screen = ''] = readme.split(/^## /m);
const section = (title: string): string => readme.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? '';

test('the first screen is a few sentences, one object, one answer and one picture, in that order', () => {
  const [, sentences = ''] = /^# .*\n\n(.*)\n\n/.exec(screen) ?? [];
  expect(sentences.length).toBeLessThan(450);
  expect(sentences).toContain('`Complete` means');
  const shown = [...screen.matchAll(/^```(\w+)$|^(!)\[/gm)].map(([, language, picture]) => language ?? picture);
  expect(shown).toEqual(['yaml', 'console', '!']);
  const [object, answer] = blocksOf('README.md', screen);
  expect(object?.text).toMatch(/^kind: PacketCapture$/m);
  expect(answer?.text).toMatch(/^\$ kubectl get packetcaptures/);
});

/** As GitHub sets it: 20 pixels a line of code, 24 of text. */
test('it fits into one window of a browser', () => {
  const height = Number(/<svg [^>]*height="(\d+)"/.exec(readFileSync('docs/images/packets-travel.svg', 'utf8'))?.[1]);
  const ofCode = blocksOf('README.md', screen).reduce((sum, { text }) => sum + 48 + 20 * (text.split('\n').length - 1), 0);
  expect(60 + 24 * 5 + ofCode + height).toBeLessThan(850);
});

test('the flight recorder takes six lines', () => {
  const [recorder] = blocksOf('README.md', section('A flight recorder'));
  expect(recorder?.text.trim().split('\n')).toHaveLength(6);
});

test('no line of code is wider than the page', () => {
  expect(blocksOf('README.md', readme).flatMap(({ text }) => text.split('\n')).filter((line) => line.length > 100)).toEqual([]);
});
