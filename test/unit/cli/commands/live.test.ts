// What live refuses before it begins anything.
import { expect, test } from '@jest/globals';
import { run } from '../support.js';

const said = async (args: string[], size?: { columns: number; rows: number }) => {
  const { code, stdout, stderr } = await run(['live', ...args], size ? { size } : {});
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  return stderr;
};

test('a terminal: with what to write instead', async () => {
  expect(await said(['pod/web-0'], { columns: 80, rows: 24 })).toContain('| wireshark -k -i -');
});

test.each([
  [['web-0', '--filter', 'tcp'], '--filter: "web-0" is the name of a PacketCapture that runs'],
  [['web-0', '--keep'], 'to begin one, write pod/web-0'],
  [['pod/web-0', '--from', 'start'], '--from: only with the NAME'],
  [['pod/web-0', '--takeover'], '--takeover: only with the NAME'],
  [['pod/web-0', '-l', 'app=web'], 'name a target or labels, not both'],
  [[], 'whose packets?'],
  [['pod/web-0', '--ring', 'x'], '--ring "x"'],
  [['pod/web-0', '-d', '0s'], '--duration "0s"'],
  [['pod/web-0', '--recorder'], "unknown option '--recorder'"],
])('%j', async (args, words) => {
  expect(await said(args)).toContain(words);
});
