// Streams whose reader is stuck: memory stays bounded, and what is said last is heard when reading goes on.
import { expect, test } from '@jest/globals';
import { Writable } from 'node:stream';
import { LogStream, ReportStream } from '../../../src/agent/output.js';

/** A pipe that takes one write, and the next when `read` is called. */
function stuckPipe() {
  const taken: string[] = [];
  let read = (): void => undefined;
  const stream = new Writable({
    highWaterMark: 100,
    decodeStrings: false,
    write: (text: string, _encoding, done) => {
      taken.push(text);
      read = done;
    },
  });
  return { stream, taken, read: () => read() };
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('of reports that nobody reads only the newest waits', async () => {
  const { stream, taken, read } = stuckPipe();
  const reports = new ReportStream(stream);
  for (let n = 0; n < 10_000; n += 1) reports.write(`${n} ${'x'.repeat(200)}\n`);
  expect(stream.writableLength).toBeLessThan(1000);
  read();
  await turn();
  expect(taken.map((line) => line.split(' ')[0])).toEqual(['0', '9999']);
});

test('log lines that find no room are dropped, and counted when there is room again', async () => {
  const { stream, taken, read } = stuckPipe();
  const logs = new LogStream(stream);
  for (let n = 0; n < 10_000; n += 1) logs.write(`{"n":${n},"text":"${'x'.repeat(200)}"}\n`);
  expect(stream.writableLength).toBeLessThan(300_000);
  while (stream.writableLength > 0) {
    read();
    await turn();
  }
  logs.write('{"n":"last"}\n');
  while (stream.writableLength > 0) {
    read();
    await turn();
  }
  const lines = taken.map((line) => JSON.parse(line) as { n?: number | string; dropped?: number });
  expect(lines.at(-1)).toEqual({ n: 'last' });
  expect((lines.at(-2)?.dropped ?? 0) + lines.length - 2).toBe(10_000);
});

test('at the end what waits is waited for, but not for ever', async () => {
  const { stream, read } = stuckPipe();
  const reports = new ReportStream(stream);
  reports.write('last\n');
  await reports.flush(50);
  expect(stream.writableLength).toBeGreaterThan(0);
  read();
  await reports.flush(50);
  expect(stream.writableLength).toBe(0);
});
