// The plugin as one executable: what a release packs for Linux, in an empty root folder, against a real API server.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ApiServer, startApiServer } from '../api-server.js';
import { emptyRoot, type EmptyRoot } from './empty-root.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const ARCH = process.arch === 'arm64' ? 'arm64' : 'amd64';
const ARCHIVE = `kubectl-pktcap_v${version}_linux_${ARCH}.tar.gz`;

const folder = mkdtempSync(join(tmpdir(), 'executable-'));
const unpacked = join(folder, 'unpacked');
let apiServer: ApiServer;
let root: EmptyRoot;

const release = (name: string): string => {
  execFileSync('node', [join(ROOT, 'hack/build/cli-release.mjs'), '--platform', `linux/${ARCH}`, join(folder, name)], { stdio: ['ignore', 'ignore', 'inherit'] });
  return join(folder, name, 'cli');
};

/** The API server's kubeconfig with its certificates inside: there are no other files in the empty root. */
function embedded(file: string): string {
  const config = JSON.parse(readFileSync(file, 'utf8')) as { clusters: { cluster: Record<string, string> }[]; users: { user: Record<string, string> }[] };
  for (const part of [...config.clusters.map(({ cluster }) => cluster), ...config.users.map(({ user }) => user)]) {
    for (const [key, path] of Object.entries(part)) {
      if (key === 'server') continue;
      part[`${key}-data`] = readFileSync(path).toString('base64');
      delete part[key];
    }
  }
  return JSON.stringify(config);
}

beforeAll(async () => {
  apiServer = await startApiServer();
  await apiServer.apply('crds');
  mkdirSync(unpacked);
  execFileSync('tar', ['--extract', '--file', join(release('a'), ARCHIVE), '--directory', unpacked]);
  root = emptyRoot(join(unpacked, 'kubectl-pktcap'));
  root.write('kubeconfig', embedded(apiServer.kubeconfigPath));
}, 240_000);
afterAll(async () => {
  root.remove();
  rmSync(folder, { recursive: true, force: true });
  await apiServer.stop();
});

test('it wants the C library and the C++ one, and no more', () => {
  const library = /^(ld-linux-(x86-64|aarch64)|libc|libdl|libgcc_s|libm|libpthread|libstdc\+\+)\.so\.\d+$/;
  expect(root.libraries.filter((name) => !library.test(name))).toEqual([]);
});

test('without Node, a shell, /proc or /etc it says its version', () => {
  expect(root.run(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
});

test('there it reaches the API server by its kubeconfig, and says what is not there', () => {
  expect(root.run(['--kubeconfig', '/kubeconfig', '-n', 'shop', 'stop', 'web-resets'])).toMatchObject({ status: 7, stdout: '', stderr: expect.stringMatching(/"web-resets" not found in namespace "shop"/) });
});

test('the archive tells what Node it holds, and its licence', () => {
  const { components } = JSON.parse(readFileSync(join(unpacked, 'sbom.cdx.json'), 'utf8')) as { components: { name: string; version: string }[] };
  const node = components.find(({ name }) => name === 'node');
  expect(node?.version).toMatch(/^24\./);
  const notices = readFileSync(join(unpacked, 'THIRD_PARTY_NOTICES'), 'utf8');
  expect(notices).toContain(`\nnode ${node?.version}\n`);
  expect(notices).toContain('Copyright Node.js contributors');
});

test('a second build makes the same archive, byte for byte', () => {
  const sums = (cli: string): string => readFileSync(join(cli, 'SHA256SUMS'), 'utf8');
  expect(sums(release('b'))).toBe(sums(join(folder, 'a/cli')));
}, 120_000);
