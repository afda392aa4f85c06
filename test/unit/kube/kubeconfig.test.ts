// What kubectl's flags make of a kubeconfig: which server, whose credentials, as whom.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type KubeconfigFlags, loadKubeconfig } from '../../../src/kube/kubeconfig.js';

let folder: string;
let KUBECONFIG: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kubeconfig-'));
  KUBECONFIG = path.join(folder, 'config');
  writeFileSync(path.join(folder, 'token'), 'from-the-file\n');
  writeFileSync(
    KUBECONFIG,
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: 'https://a:6443/', 'tls-server-name': 'inside', 'certificate-authority-data': Buffer.from('CA').toString('base64') } }],
      users: [
        { name: 'u', user: { tokenFile: 'token', as: 'jane', 'as-groups': ['team'], 'as-uid': '7', 'as-user-extra': { 'example.com/scope': ['x', 'y'] } } },
        { name: 'plain', user: {} },
      ],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'shop' } }, { name: 'broken', context: { cluster: 'gone', user: 'u' } }],
      'current-context': 'x',
    }),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function sent(flags: KubeconfigFlags): Promise<{ server: string | undefined; options: RequestOptions }> {
  const config = loadKubeconfig(flags, { KUBECONFIG });
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  return { server: config.getCurrentCluster()?.server, options };
}

describe('a kubeconfig', () => {
  test('says the server, the token of a file beside it, and as whom', async () => {
    const { server, options } = await sent({});
    expect(server).toBe('https://a:6443');
    expect(options).toMatchObject({
      servername: 'inside',
      ca: Buffer.from('CA'),
      headers: { Authorization: 'Bearer from-the-file', 'Impersonate-User': 'jane', 'Impersonate-Group': ['team'], 'Impersonate-Uid': '7', 'Impersonate-Extra-example.com%2Fscope': ['x', 'y'] },
    });
  });

  test('gives way to flags: another server has another name, and who is named stands for all of who was', async () => {
    const { server, options } = await sent({ server: 'b.example.com', token: 'mine', as: 'joe', asGroup: ['a', 'b'] });
    expect(server).toBe('https://b.example.com');
    expect(options).not.toHaveProperty('servername', 'inside');
    expect(options.headers).toEqual({ Authorization: 'Bearer mine', 'Impersonate-User': 'joe', 'Impersonate-Group': ['a', 'b'] });
  });

  test('of a server that need not be trusted has no authority', async () => {
    const { options } = await sent({ insecureSkipTlsVerify: true, user: 'plain' });
    expect(options).toMatchObject({ rejectUnauthorized: false, headers: {} });
    expect(options).not.toHaveProperty('ca');
  });

  test('may name a server without TLS, such as kubectl proxy', async () => {
    expect((await sent({ server: 'http://127.0.0.1:8001' })).server).toBe('http://127.0.0.1:8001');
  });
});

test.each<[KubeconfigFlags, string]>([
  [{ context: 'y' }, 'context "y" is not in'],
  [{ context: 'y' }, 'there are: x, broken'],
  [{ context: 'broken' }, 'cluster "gone" is not in'],
  [{ user: 'nobody' }, 'user "nobody" is not in'],
  [{ cluster: 'd' }, 'cluster "d" is not in'],
  [{ server: 'https://' }, 'is no address'],
  [{ user: 'plain', asUid: '7' }, '--as-group and --as-uid need a user to go with'],
])('%j: %s', (flags, said) => {
  expect(() => loadKubeconfig(flags, { KUBECONFIG })).toThrow(said);
});

test('a file that is no kubeconfig is named', () => {
  const file = path.join(folder, 'text');
  writeFileSync(file, 'just words');
  expect(() => loadKubeconfig({ kubeconfig: file }, {})).toThrow(`kubeconfig "${file}" is no kubeconfig`);
});
