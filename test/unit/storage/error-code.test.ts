import { expect, test } from '@jest/globals';
import { errorCode } from '../../../src/storage/error-code.js';

test.each([
  ['<Code>NoSuchBucket</Code>', 'NoSuchBucket'],
  ['<Code></Code>', undefined],
  ['<Code>two words</Code>', undefined],
  [`<Code>${'A'.repeat(65)}</Code>`, undefined],
  ['<Code>&#10;X</Code>', undefined],
  ['<Code>AKSECRET</Code>', undefined],
  ['<Code>xAKSECRETx</Code>', undefined],
  ['', undefined],
])('of %j it is %p', (xml, code) => {
  expect(errorCode(xml, ['AKSECRET', 'other'])).toBe(code);
});
