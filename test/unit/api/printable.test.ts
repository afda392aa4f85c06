import { describe, expect, test } from '@jest/globals';
import { parseCaptureSpec } from '../../../src/api/capture-spec.js';
import { printable, shortened } from '../../../src/api/printable.js';

test('what people write in their own language stays as it is', () => {
  for (const text of ['', 'pod "web-0" does not exist', 'größer als 5 µs', '端口 8080']) expect(printable(text)).toBe(text);
});

describe('hostile: log line', () => {
  test.each([
    ['escapes that clear the screen', '\u001b[2Jx', '\\u{1b}[2Jx'],
    ['the same in one byte', '\u009b2Jx', '\\u{9b}2Jx'],
    ['lines of its own', 'a\r\nb\tc', 'a b c'],
    ['lines of its own, in Unicode', 'a\u2028b\u2029c\u0085d', 'a\\u{2028}b\\u{2029}c\\u{85}d'],
    ['a mark that turns the line round', '\u202egnp.exe', '\\u{202e}gnp.exe'],
    ['what nobody sees', 'web\u200b\u2060-0\ufeff', 'web\\u{200b}\\u{2060}-0\\u{feff}'],
    ['half a character', 'a\ud83d', 'a\\u{d83d}'],
    ['NUL, bell, delete', '\u0000\u0007\u007f', '\\u{0}\\u{7}\\u{7f}'],
  ])('%s → shown as code points, on one line', (_attack, text, shown) => {
    expect(printable(text)).toBe(shown);
  });
});

test('a text is cut to what there is room for', () => {
  expect(shortened('abcdef', 4)).toBe('abc…');
  expect(shortened('abcd', 4)).toBe('abcd');
});

describe('hostile: target', () => {
  test('matchLabels "__proto__", which zod leaves out → refused, where it would have selected every pod', () => {
    const spec = JSON.parse('{"target":{"podSelector":{"matchLabels":{"__proto__":"x"}}}}') as unknown;
    expect(parseCaptureSpec(spec).problems).toEqual([expect.stringContaining('"__proto__": is no key of a label')]);
  });

  test.each(['__proto__', 'constructor', 'prototype', 'toString'])('a field of the name %s anywhere in a spec → changes no spec, and no object', (key) => {
    const spec = { target: { podName: 'web-0' } };
    const polluted = JSON.parse(`{"${key}":{"podName":"other","polluted":1},"target":{"podName":"web-0","${key}":{"maxTargets":5}},"ring":{"${key}":{"files":5}}}`) as unknown;
    expect(parseCaptureSpec(polluted)).toEqual(parseCaptureSpec(spec));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
