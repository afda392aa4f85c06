import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import type { WatchEvent } from '../../../src/kube/kube.js';
import type { KubeObject } from '../../../src/kube/object.js';
import { watchEvents } from '../../../src/kube/watch-stream.js';
import { anObject } from './builders.js';

async function read(chunks: (string | Buffer)[]): Promise<WatchEvent<KubeObject>[]> {
  const events: WatchEvent<KubeObject>[] = [];
  for await (const event of watchEvents(Readable.from(chunks.map((chunk) => Buffer.from(chunk)), { objectMode: false }))) events.push(event);
  return events;
}
const line = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;

test('finds the events, however the network cuts the lines, also inside a character', async () => {
  const added = { type: 'ADDED', object: anObject('a', { annotations: { greeting: 'grüß 😀' } }) };
  const deleted = { type: 'DELETED', object: anObject('b') };
  const bytes = Buffer.from(line('ADDED', added.object) + line('DELETED', deleted.object));
  for (let size = 1; size < 40; size++) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
    expect(await read(chunks)).toEqual([added, deleted]);
  }
});

test('half an event at the end of the stream is no event', async () => {
  expect(await read([line('ADDED', anObject('a')), '{"type":"DELETED","obj'])).toHaveLength(1);
});

test('a bookmark and an error are told apart from objects', async () => {
  const [bookmark, error] = await read([line('BOOKMARK', { metadata: { resourceVersion: '7' } }), line('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' })]);
  expect(bookmark).toEqual({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '7' } } });
  expect(error).toMatchObject({ type: 'ERROR', error: { status: 410, reason: 'Expired', message: 'too old' } });
});

test.each([['what is not JSON', '<html>\n'], ['an event of no known type', line('RENAMED', {})]])('%s ends the watch with an error', async (_, text) => {
  await expect(read([text])).rejects.toMatchObject({ name: 'KubeError', reason: 'UnexpectedAnswer' });
});
