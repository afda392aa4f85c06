// What reaches people: the archive of a platform, the npm package and the krew manifest, of a release for the one platform whose Node is the user's.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const { version, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string; engines: object };
const BASE = 'https://releases.example/v1/';
const ARCHIVE = `kubectl-pktcap_v${version}_darwin_amd64.tar.gz`;
const PACKAGE = `kubectl-pktcap-${version}.tgz`;

const folders = ['a', 'b', 'installed'].map((name) => mkdtempSync(join(tmpdir(), `release-${name}-`)));
const [folder = '', again = '', installed = ''] = folders;
const release = (...args: string[]) => spawnSync('node', [join(root, 'hack/build/cli-release.mjs'), ...args], { encoding: 'utf8' });
const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
const env = { ...process.env, NODE_OPTIONS: '', KUBECONFIG: '/dev/null' };

beforeAll(() => {
  for (const one of [folder, again]) expect(release('--base-url', BASE, '--platform', 'darwin/amd64', one)).toMatchObject({ status: 0 });
}, 120_000);
afterAll(() => {
  for (const one of folders) rmSync(one, { recursive: true, force: true });
});

/** Where krew refuses a manifest: ValidatePlugin in its internal/index/validation. */
const KREW = {
  apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
  kind: 'Plugin',
  metadata: { name: expect.stringMatching(/^[\w-]+$/) },
  spec: {
    version: expect.stringMatching(/^v\d+\.\d+\.\d+(-[\w.]+)?$/),
    shortDescription: expect.stringMatching(/^[^\r\n]+$/),
    description: expect.any(String),
    caveats: expect.any(String),
    platforms: expect.any(Array),
  },
};
interface Manifest {
  metadata: { name: string };
  spec: { version: string; caveats: string; platforms: { selector: { matchLabels: Record<string, string> }; uri: string; sha256: string; bin: string; files: { from: string; to: string }[] }[] };
}

test('the krew manifest keeps krew\'s rules, and names the archive, its hash and each of its files', () => {
  const manifest = parse(readFileSync(join(folder, 'krew/pktcap.yaml'), 'utf8')) as Manifest;
  expect(manifest).toEqual(KREW);
  // The file has to be called as the plugin is.
  expect(manifest.metadata.name).toBe('pktcap');
  const packed = execFileSync('tar', ['--list', '--file', join(folder, 'cli', ARCHIVE)], { encoding: 'utf8' }).trim().split('\n');
  expect(packed).toEqual(['LICENSE', 'THIRD_PARTY_NOTICES', 'kubectl-pktcap', 'kubectl_complete-pktcap', 'sbom.cdx.json']);
  expect(manifest.spec.platforms).toEqual([
    {
      selector: { matchLabels: { os: 'darwin', arch: 'amd64' } },
      uri: `${BASE}${ARCHIVE}`,
      sha256: sha256(join(folder, 'cli', ARCHIVE)),
      bin: 'kubectl-pktcap',
      files: expect.any(Array),
    },
  ]);
  expect(manifest.spec.platforms[0]?.files.map(({ from }) => from).sort()).toEqual(packed.toSorted());
  expect(manifest.spec.caveats).toContain(`/store/pktcap/${manifest.spec.version}/kubectl_complete-pktcap`);
});

test('SHA256SUMS holds for the archive and the npm package, as sha256sum reads it', () => {
  const sums = readFileSync(join(folder, 'cli/SHA256SUMS'), 'utf8');
  expect(sums).toBe(`${sha256(join(folder, 'cli', ARCHIVE))}  ${ARCHIVE}\n${sha256(join(folder, 'npm', PACKAGE))}  ${PACKAGE}\n`);
  execFileSync('sha256sum', ['--check', '--ignore-missing', '--strict', 'SHA256SUMS'], { cwd: join(folder, 'cli'), stdio: 'ignore' });
});

test('a second build makes the same bytes of everything', () => {
  for (const file of [`cli/${ARCHIVE}`, 'cli/SHA256SUMS', 'cli/kubectl-pktcap.cjs', `npm/${PACKAGE}`, 'krew/pktcap.yaml']) expect([file, sha256(join(again, file))]).toEqual([file, sha256(join(folder, file))]);
});

test('npm installs the package without a network, and the plugin and its completion are on the PATH', () => {
  execFileSync('npm', ['install', '--global', '--offline', '--no-audit', '--no-fund', '--prefix', installed, join(folder, 'npm', PACKAGE)], { stdio: 'ignore' });
  const bin = join(installed, 'bin');
  const { status, stdout, stderr } = spawnSync(join(bin, 'kubectl-pktcap'), ['--version'], { encoding: 'utf8', env });
  expect([status, stdout, stderr]).toEqual([0, `${version}\n`, '']);
  // As kubectl calls it.
  expect(spawnSync('kubectl_complete-pktcap', ['sto'], { encoding: 'utf8', env: { ...env, PATH: `${bin}:${process.env['PATH']}` } })).toMatchObject({ status: 0, stdout: expect.stringMatching(/^stop\t.*\n:\d+\n$/) });
  const manifest = JSON.parse(readFileSync(join(installed, 'lib/node_modules/kubectl-pktcap/package.json'), 'utf8')) as Record<string, unknown>;
  expect(manifest).toMatchObject({ name: 'kubectl-pktcap', version, engines, license: 'Apache-2.0' });
  expect(manifest['dependencies']).toBeUndefined();
});

test('what is no platform of it is refused with those that are', () => {
  const { status, stderr } = release('--platform', 'windows/amd64', folder);
  expect(status).toBe(1);
  expect(stderr).toContain('--platform windows/amd64: there are linux/amd64, linux/arm64, darwin/arm64, darwin/amd64');
});
