import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { elementsOf, escapeText, textOf } from '../../../../src/storage/s3/xml.js';

test.each([
  ['<Error><Code>NoSuchKey</Code></Error>', 'Code', 'NoSuchKey'],
  ['<a><Code></Code></a>', 'Code', ''],
  ['<ETag>&quot;ab&quot;</ETag>', 'ETag', '"ab"'],
  ['<Key>a&amp;b&#x2F;c&#47;d</Key>', 'Key', 'a&b/c/d'],
  ['<Key>&nbsp;&#x110000;&#1114112;</Key>', 'Key', '&nbsp;&#x110000;&#1114112;'],
  ['<CodeX>1</CodeX>', 'Code', undefined],
  ['<Code>unfinished', 'Code', undefined],
  ['', 'Code', undefined],
])('%p has %s %p', (xml, name, text) => {
  expect(textOf(xml, name)).toBe(text);
});

test('finds elements in order', () => {
  expect(elementsOf('<U>1</U> <U>2</U><U>3', 'U')).toEqual(['1', '2']);
});

test('what is escaped comes back', () => {
  fc.assert(fc.property(fc.string(), (text) => textOf(`<K>${escapeText(text)}</K>`, 'K') === text));
});

test('no input makes it throw, recurse or take long', () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom('<', '>', '/', 'Code', '&', '#', ';', 'x', '1', '!ENTITY', ']]>') }), (xml) => void textOf(xml, 'Code')));
  const start = Date.now();
  textOf('<Code>'.repeat(200_000), 'Code');
  textOf(`<Code>${'&#'.repeat(500_000)}</Code>`, 'Code');
  elementsOf('<Upload></Upload>'.repeat(100_000), 'Upload');
  expect(Date.now() - start).toBeLessThan(2000);
});
