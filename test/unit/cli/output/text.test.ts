import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'yaml';
import { toJSON, toYAML } from '../../../../src/cli/output/text.js';

const object = fc.dictionary(fc.string({ minLength: 1, unit: 'binary' }).filter((key) => key !== '__proto__'), fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.boolean(), fc.array(fc.string({ unit: 'binary' }))));

describe('JSON and YAML', () => {
  test('read back as what was written, whatever it is', () => {
    fc.assert(
      fc.property(object, (value) => {
        expect(JSON.parse(toJSON(value))).toEqual(value);
        expect(parse(toYAML(value), { version: '1.1' })).toEqual(value);
      }),
    );
  });

  test('keep words strings that YAML 1.1 takes for something else', () => {
    for (const word of ['on', 'no', 'y', '1:30', '0x10', '1e3', '2026-11-22', '~', 'null', '010', '.5']) expect(toYAML({ word })).toBe(`word: "${word}"\n`);
  });
});

describe('hostile: terminal', () => {
  test('escapes, controls of eight bits and marks of direction in a value of an object → stand there as code points in JSON and YAML', () => {
    fc.assert(
      fc.property(object, (value) => {
        for (const text of [toJSON(value), toYAML(value)]) expect(text.replaceAll('\n', '')).not.toMatch(/[\p{C}\u2028\u2029]/u);
      }),
    );
    expect(toJSON({ a: '\u009b2J' })).toContain('\\u009b2J');
    expect(toYAML({ a: '\u001b]0;x\u0007\u202e' })).toBe('a: "\\e]0;x\\a\\u202e"\n');
  });
});
