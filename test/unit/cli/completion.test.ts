// Completion without a cluster: commands, flags, values, the kubeconfig's names, and silence.
import { createServer, type Server } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FakeClock } from '../kube/fake-clock.js';
import { run, start } from './support.js';

let folder: string;
let env: { KUBECONFIG: string };
let silent: Server;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'cli-'));
  env = { KUBECONFIG: path.join(folder, 'config') };
  // Takes connections, and never says a word.
  silent = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  const { port } = silent.address() as { port: number };
  const context = (name: string) => ({ name, context: { cluster: 'c', user: 'u' } });
  writeFileSync(env.KUBECONFIG, JSON.stringify({ clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}` } }], users: [{ name: 'u', user: {} }], contexts: [context('prod'), context('staging')], 'current-context': 'prod' }));
});
afterAll(() => {
  silent.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Words without what is said of them, and the directive. */
async function offered(...words: string[]): Promise<{ words: string[]; directive: string | undefined }> {
  const { code, stdout, stderr } = await run(['__complete', ...words], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  return { words: lines.slice(0, -1).map((line) => line.split('\t')[0] as string), directive: lines.at(-1) };
}

test('offers commands with what they are for', async () => {
  const { stdout } = await run(['__complete', 'sn'], { env });
  expect(stdout).toBe('snapshot\tDeliver what the ring of a flight recorder holds now, and record on\n:4\n');
  expect((await offered('')).words).toEqual(expect.arrayContaining(['start', 'stop', 'wait', 'list', 'completion']));
});

test.each<[string[], string[]]>([
  [['list', '--all'], ['--all-namespaces']],
  [['list', '--cont'], ['--context']],
  [['list', '-o', ''], ['json', 'yaml', 'name', 'wide']],
  [['list', '--output=y'], ['yaml']],
  [['start', 'web-0', '--dry-run', 'c'], ['client']],
  [['start', 'web-0', '--compression', 'Z'], ['Zstd']],
  [['list', '--context', ''], ['prod', 'staging']],
  [['--context', 's'], ['staging']],
  [['list', '--user='], ['u']],
  [['start', 'web-0', '--', 'tc'], []],
  [['list', 'x'], []],
  [['nothing', ''], []],
])('offers behind %j', async (words, expected) => {
  expect(await offered(...words)).toEqual({ words: expected, directive: ':4' });
});

test('leaves paths to the shell', async () => {
  expect(await offered('list', '--kubeconfig', '/et')).toEqual({ words: [], directive: ':0' });
});

describe('says nothing and ends', () => {
  test('where there is no cluster', async () => {
    expect(await run(['__complete', 'stop', ''])).toEqual({ code: 0, stdout: ':4\n', stderr: '' });
  });

  test('two seconds after an API server was asked that does not answer', async () => {
    const clock = new FakeClock();
    const completing = start(['__complete', 'stop', ''], { env, clock });
    await clock.advance(1999);
    expect(completing.out()).toBe('');
    await clock.advance(1);
    expect(await completing.ended).toEqual({ code: 0, stdout: ':4\n', stderr: '' });
  });
});
