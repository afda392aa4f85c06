// The image: of a release on a base that is named by its digest, and of what else the system has a list.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const BASE = 'node:24-bookworm-slim';
const PINNED = `${BASE}@sha256:${'0a'.repeat(32)}`;

const folder = mkdtempSync(join(tmpdir(), 'builder-'));
// A builder that says how it was called.
writeFileSync(join(folder, 'docker'), '#!/bin/sh\necho "$@"\n');
chmodSync(join(folder, 'docker'), 0o755);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function build(args: string[], nodeImage?: string): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(join(root, 'hack/build/image'), args, { encoding: 'utf8', env: { PATH: `${folder}:${process.env['PATH']}`, ...(nodeImage !== undefined && { NODE_IMAGE: nodeImage }) } });
  return { status, said: stdout + stderr };
}

describe('the image of a release', () => {
  test('is built on the base that is named by its digest', () => {
    expect(build(['--release', 'packetcapture:1'], PINNED)).toEqual({ status: 0, said: `build --build-arg NODE_IMAGE=${PINNED} --tag packetcapture:1 .\n` });
  });

  test.each([undefined, '', BASE, `${BASE}@sha256:`, `${BASE}@sha256:0a`, `${PINNED}0`, `${PINNED}-x`])('is refused on the base %j', (nodeImage) => {
    const { status, said } = build(['--release', 'packetcapture:1'], nodeImage);
    expect(status).toBe(64);
    expect(said).toContain('a release needs NODE_IMAGE with a digest');
  });
});

test('another image is built on any base', () => {
  expect(build(['packetcapture:1']).said).toBe('build --tag packetcapture:1 .\n');
  expect(build(['packetcapture:1'], BASE).said).toBe(`build --build-arg NODE_IMAGE=${BASE} --tag packetcapture:1 .\n`);
});

test('its dependencies are those of the lock file', () => {
  expect(readFileSync(join(root, 'Dockerfile'), 'utf8')).toContain('RUN npm ci --ignore-scripts\n');
});

test('the list of dpkg is a bill of materials, with Node, and what is no such list is refused', () => {
  const of = (list: string): string => execFileSync('node', [join(root, 'hack/build/system-sbom.mjs'), 'bookworm'], { input: list, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] });
  const { components } = JSON.parse(of('zstd\t1.5.4+dfsg2-5\tamd64\nlibstdc++6\t12.2.0-14\tamd64\n')) as { components: { name: string; purl: string }[] };
  expect(components.map(({ purl }) => purl)).toEqual([`pkg:generic/node@${process.versions.node}`, 'pkg:deb/debian/libstdc%2B%2B6@12.2.0-14?arch=amd64&distro=bookworm', 'pkg:deb/debian/zstd@1.5.4%2Bdfsg2-5?arch=amd64&distro=bookworm']);
  expect(() => of('')).toThrow();
});
