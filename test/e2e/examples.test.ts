import { readdirSync } from 'node:fs';
import { beforeAll, expect, test } from '@jest/globals';
import { pcaps } from './support/bucket.js';
import { CAPTURES, capture, captureThat, inPhase, jobsOf } from './support/captures.js';
import { demoDestination, demoPods, DEMO_NAMESPACE, documents } from './support/demo.js';
import { kubectl } from './support/kubectl.js';

const files = readdirSync('examples').filter((file) => file.endsWith('.yaml') && file !== 'destination.yaml');

const annotate = (name: string, key: string, value: string | undefined): Promise<string> => kubectl(['annotate', '--overwrite', CAPTURES, name, '-n', DEMO_NAMESPACE, `packetcapture.dev/${key}=${value}`]);

/** What the comment of an example tells people to do, where it does not complete by itself. */
const DONE_BY_HAND: Record<string, (name: string) => Promise<void>> = {
  'receiver-recorder': async (name) => {
    await captureThat(DEMO_NAMESPACE, name, 'its ring holds packets', (c) => (c.status?.packets?.pending ?? 0) > 0);
    await annotate(name, 'snapshot', 'now');
    const delivered = await captureThat(DEMO_NAMESPACE, name, 'the snapshot is in the bucket', (c) => c.status?.snapshots?.[0]?.completionTime !== undefined);
    expect(delivered.status).toMatchObject({ phase: 'Capturing', handled: { snapshot: 'now' } });
    await annotate(name, 'stop', delivered.status?.run?.id);
  },
  'receiver-suspended': async (name) => {
    expect(await jobsOf(await inPhase(DEMO_NAMESPACE, name, 'Suspended'))).toEqual([]);
    await kubectl(['patch', CAPTURES, name, '-n', DEMO_NAMESPACE, '--type=merge', '-p', '{"spec":{"suspend":false}}']);
  },
};

beforeAll(async () => {
  await demoPods();
  await demoDestination();
}, 180_000);

/** All at once: they are short, and nothing keeps several captures from naming one pod. */
test('every shipped capture, applied as it is and done by as its comment says, captures packets and completes', async () => {
  const names = (await Promise.all(files.map((file) => documents(`examples/${file}`)))).flat().map((object) => (object['metadata'] as { name: string }).name);
  await kubectl(['delete', CAPTURES, ...names, '-n', DEMO_NAMESPACE, '--ignore-not-found', '--timeout=100s']);
  await kubectl(['apply', ...files.flatMap((file) => ['-f', `examples/${file}`])]);
  expect(names).toEqual(expect.arrayContaining(Object.keys(DONE_BY_HAND)));
  await Promise.all(Object.entries(DONE_BY_HAND).map(([name, byHand]) => byHand(name)));
  for (const name of names) {
    await inPhase(DEMO_NAMESPACE, name, 'Complete', 150_000);
    const done = await capture(DEMO_NAMESPACE, name);
    expect(done?.status?.packets?.captured).toBeGreaterThan(0);
    const stored = await pcaps(done?.status?.run?.destination?.prefix ?? 'none');
    expect(stored.length).toBe(done?.status?.files?.uploaded);
    if (name === 'receiver-compressed') expect(stored.filter(({ key }) => !key.endsWith('.pcap.zst'))).toEqual([]);
  }
}, 300_000);

test('every example begins with a comment that says when one would use it', async () => {
  const { readFile } = await import('node:fs/promises');
  for (const file of [...files, 'destination.yaml']) expect(await readFile(`examples/${file}`, 'utf8')).toMatch(/^# .{20,}/);
});
