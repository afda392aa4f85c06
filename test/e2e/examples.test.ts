import { readdirSync } from 'node:fs';
import { beforeAll, expect, test } from '@jest/globals';
import { pcaps } from './support/bucket.js';
import { CAPTURES, capture, inPhase } from './support/captures.js';
import { demoDestination, demoPods, DEMO_NAMESPACE, documents } from './support/demo.js';
import { kubectl } from './support/kubectl.js';

const files = readdirSync('examples').filter((file) => file.endsWith('.yaml') && file !== 'destination.yaml');

beforeAll(async () => {
  await demoPods();
  await demoDestination();
}, 180_000);

/** All at once: they are short, and nothing keeps several captures from naming one pod. */
test('every shipped capture, applied as it is, captures packets and completes', async () => {
  const names = (await Promise.all(files.map((file) => documents(`examples/${file}`)))).flat().map((object) => (object['metadata'] as { name: string }).name);
  await kubectl(['delete', CAPTURES, ...names, '-n', DEMO_NAMESPACE, '--ignore-not-found', '--timeout=100s']);
  await kubectl(['apply', ...files.flatMap((file) => ['-f', `examples/${file}`])]);
  for (const name of names) {
    await inPhase(DEMO_NAMESPACE, name, 'Complete', 150_000);
    const done = await capture(DEMO_NAMESPACE, name);
    expect(done?.status?.packets?.captured).toBeGreaterThan(0);
    expect((await pcaps(done?.status?.run?.destination?.prefix ?? 'none')).length).toBe(done?.status?.files?.uploaded);
  }
}, 300_000);

test('every example begins with a comment that says when one would use it', async () => {
  const { readFile } = await import('node:fs/promises');
  for (const file of [...files, 'destination.yaml']) expect(await readFile(`examples/${file}`, 'utf8')).toMatch(/^# .{20,}/);
});
