// What is said of the bundles is what is in them, and the same each time.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../../', import.meta.url));

interface BOM {
  components: { name: string; version: string; purl: string; licenses: [{ license?: { id: string }; expression?: string }]; hashes: [{ alg: string; content: string }] }[];
}
interface Lock {
  packages: Record<string, { version: string; dev?: boolean; license?: string; integrity: string }>;
}

const folders = ['a', 'b'].map((name) => mkdtempSync(join(tmpdir(), `bundles-${name}-`)));
const [folder = '', again = ''] = folders;
const read = (name: string, from = folder): string => readFileSync(join(from, name), 'utf8');
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;
const programs = (): string[] => readdirSync(folder).filter((name) => name.endsWith('.mjs'));
let components: BOM['components'];

beforeAll(() => {
  for (const one of folders) execFileSync('node', [join(root, 'hack/build/bundle.mjs'), one], { stdio: 'ignore' });
  components = (JSON.parse(read('sbom.cdx.json')) as BOM).components;
}, 120_000);
afterAll(() => {
  for (const one of folders) rmSync(one, { recursive: true, force: true });
});

test('the bill of materials has every package whose code is in a bundle, and no other', () => {
  // esbuild writes the path of each CommonJS file into its wrapper, and of no ES module when it minifies: so at least these.
  const wrapped = programs().flatMap((name) => [...read(name).replaceAll('\\\n', '').matchAll(/"(?:[^"\s]*\/)?node_modules\/((?:@[^/"]+\/)?[^/"]+)\/[^"]*"\s*\(/g)].map(([, found]) => found as string));
  expect(wrapped.length).toBeGreaterThan(50);
  const listed = components.map(({ name }) => name);
  expect([...new Set(wrapped)].filter((name) => !listed.includes(name))).toEqual([]);
  // Of what the sources import themselves, all.
  expect(listed).toEqual(expect.arrayContaining(['@dot-i/k8s-operator', '@kubernetes/client-node', 'minio', 'pino', 'zod']));
  expect(listed).not.toContain('esbuild');
});

test('each has the version, the hash and the licence that package-lock.json has', () => {
  for (const { name, version, licenses, hashes, purl } of components) {
    const [, locked] = Object.entries(lock.packages).find(([path, found]) => path.endsWith(`node_modules/${name}`) && found.version === version) ?? [];
    expect([name, locked?.dev]).toEqual([name, undefined]);
    expect([name, licenses[0].expression ?? licenses[0].license?.id]).toEqual([name, locked?.license]);
    expect(hashes).toEqual([{ alg: 'SHA-512', content: Buffer.from(locked?.integrity.replace('sha512-', '') ?? '', 'base64').toString('hex') }]);
    expect(purl).toBe(`pkg:npm/${name.replace('@', '%40')}@${version}`);
  }
});

test('the notices have each of them, with the text of its licence where it brings one', () => {
  const notices = read('THIRD_PARTY_NOTICES');
  for (const { name, version } of components) expect(notices).toContain(`\n${name} ${version}\n`);
  expect(notices).toContain(readFileSync(join(root, 'node_modules/zod/LICENSE'), 'utf8').trim());
});

test('a second build writes the same', () => {
  expect(readdirSync(again)).toEqual(readdirSync(folder));
  for (const name of readdirSync(folder)) expect(read(name, again) === read(name)).toBe(true);
});

test('an agent loads neither HTTP nor its S3 client before it captures: they take longer than all the rest', () => {
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const [, found] of read(name).matchAll(/(?:from|import) ?"\.\/([^"]+)"/g)) visit(found as string);
  };
  visit('agent.mjs');
  const builtIn = new Set([...seen].flatMap((name) => [...read(name).matchAll(/from ?"(node:[^"]+)"/g)].map(([, found]) => found as string)));
  expect([...builtIn]).toContain('node:fs');
  expect([...builtIn].filter((name) => /^node:(https?|http2|tls)$/.test(name))).toEqual([]);
  const hasS3Client = (name: string): boolean => read(name).replaceAll('\\\n', '').includes('node_modules/xml2js/');
  expect([...seen].filter(hasS3Client)).toEqual([]);
  expect(programs().filter((name) => name.startsWith('agent-')).some(hasS3Client)).toBe(true);
});
