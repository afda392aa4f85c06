// The command line itself: where flags may stand, what help and mistakes say.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { run } from './support.js';

let folder: string;
let kubeconfig: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'cli-'));
  kubeconfig = path.join(folder, 'config');
  writeFileSync(kubeconfig, JSON.stringify({ clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }], users: [{ name: 'u', user: {} }], contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }], 'current-context': 'x' }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('flags of kubectl', () => {
  test.each([
    ['before the command', ['--context', 'other', 'stop', 'web']],
    ['after it', ['stop', '--context', 'other', 'web']],
    ['behind its arguments', ['stop', 'web', '--context=other']],
    ['on both sides, where the later counts', ['--context', 'x', 'stop', 'web', '--context', 'other']],
  ])('are taken %s', async (_, args) => {
    const { code, stderr } = await run(args, { env: { KUBECONFIG: kubeconfig } });
    expect({ code, stderr }).toEqual({ code: 1, stderr: `error: context "other" is not in "${kubeconfig}"; there are: x\n` });
  });

  test('name a kubeconfig that must be there', async () => {
    const { code, stderr } = await run(['stop', 'web', '--kubeconfig', '/nonexistent/config']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'error: kubeconfig "/nonexistent/config" cannot be read: there is no such file; name one that is there with --kubeconfig or KUBECONFIG\n' });
  });
});

describe('a mistake', () => {
  test.each([
    [['stpo', 'web'], "error: unknown command 'stpo'\n(Did you mean stop?)\n"],
    [['stop', 'web', '--namspace', 'shop'], "error: unknown option '--namspace'\n(Did you mean --namespace?)\n"],
    [['stop', 'web', '--request-timeout', 'soon'], "error: option '--request-timeout <time>' argument 'soon' is invalid. it is neither seconds nor a duration; write for example 30s\n"],
  ])('%j is told with what was meant, and is no success', async (args, said) => {
    expect(await run(args)).toEqual({ code: 2, stdout: '', stderr: said });
  });
});

test('help fits into 80 columns, and tells of each command', async () => {
  const { code, stdout } = await run(['--help']);
  expect(code).toBe(0);
  const commands = [...(stdout.split('\nCommands:\n')[1] ?? '').matchAll(/^ {2}(\S+)/gm)].map(([, name]) => name as string);
  expect(commands).toContain('stop');
  for (const help of [stdout, ...(await Promise.all(commands.map(async (name) => (await run([name, '--help'])).stdout)))]) {
    expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
  }
});

test('a server that is not there is named, and how to name another', async () => {
  const { code, stderr } = await run(['stop', 'web', '--kubeconfig', kubeconfig]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: https:\/\/127.0.0.1:1 cannot be reached: .*ECONNREFUSED 127.0.0.1:1; is it the cluster you mean \(--context, --server\), and does the network lead there\?\n$/);
});
