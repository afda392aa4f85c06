import { expect, test } from '@jest/globals';
import { lastWords } from '../../../src/plan/last-words.js';

const line = (fields: object, msg: string): string => JSON.stringify({ level: 60, time: '2026-11-20T03:05:12.000Z', ...fields, msg });

test.each([
  ['its last line', 'one line\nPACKETCAPTURE_JOB: missing\n', 'PACKETCAPTURE_JOB: missing'],
  ['nothing', '', 'none'],
  ['nothing at all', undefined, 'none'],
  ['the message of its log', `${line({}, 'first')}\n${line({}, 'PACKETCAPTURE_JOB: missing')}\n`, 'PACKETCAPTURE_JOB: missing'],
  ['the message of a line whose beginning was cut off', line({ x: 'y' }, 'half a "line"').slice(9), 'half a "line"'],
  ['the name of an error of the system', line({ err: { type: 'Error', code: 'EACCES', message: "EACCES: permission denied, open '/spool/lock'" } }, 'unexpected error'), 'unexpected error (EACCES)'],
  ['printable characters', 'node: \u001b[31mfailed\u001b[0m\u202e\u2028', 'node:  [31mfailed [0m'],
])('%s', (_, message, words) => expect(lastWords(message)).toBe(words));

test.each([
  ['what stands beside the message', line({ err: { message: 'AccessDenied for AKIAEXAMPLE at https://s3.internal:9000/team-b', stack: 'at …' }, secret: 'c2VjcmV0' }, 'unexpected error')],
  ['the end of a line without its message', `${line({ secret: 'c2VjcmV0', err: { message: 'AccessDenied for AKIAEXAMPLE at https://s3.internal:9000' } }, 'x').slice(0, -8)}`],
  ['a report', '{"report":"packetcapture.dev/report","bucket":"s3.internal"}'],
])('keeps %s from whoever may only read the capture', (_, message) => expect(lastWords(message)).not.toMatch(/AKIA|s3\.internal|c2VjcmV0/));

test('keeps the end of a long line', () => {
  expect(lastWords(`${'x'.repeat(2000)}end`)).toMatch(/^x{497}end$/);
});
