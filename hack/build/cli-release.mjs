// All by which the plugin reaches people: an archive for each platform and their checksums, the npm package, the krew manifest.
// usage: cli-release.mjs [--base-url URL] [--platform OS/ARCH]… [FOLDER], from the root of the repository; default: dist
// --base-url: the folder of the archives in a release, for the krew manifest.
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pack, sha256 } from './cli/archive.mjs';
import { bundleCli } from './cli/bundle.mjs';
import { writeCompletion } from './cli/completion.mjs';
import { buildExecutable } from './cli/executable.mjs';
import { krewManifest } from './cli/krew-manifest.mjs';
import { writeMadeOf } from './cli/made-of.mjs';
import { npmPackage } from './cli/npm-package.mjs';
import { PLATFORMS } from './cli/platforms.mjs';
import { removeUnpinned } from './cli/toolchain.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { values, positionals } = parseArgs({ allowPositionals: true, options: { 'base-url': { type: 'string', default: 'https://example.com/kubectl-pktcap' }, platform: { type: 'string', multiple: true } } });
const folder = path.resolve(root, positionals[0] ?? 'dist');
const { version } = JSON.parse(await readFile(`${root}package.json`, 'utf8'));

const named = ({ os, arch }) => `${os}/${arch}`;
const unknown = values.platform?.filter((one) => !PLATFORMS.some((known) => named(known) === one)) ?? [];
if (unknown.length > 0) throw new Error(`--platform ${unknown.join(', ')}: there are ${PLATFORMS.map(named).join(', ')}`);
const platforms = PLATFORMS.filter((one) => values.platform?.includes(named(one)) ?? true);

const made = { cli: path.join(folder, 'cli'), npm: path.join(folder, 'npm'), krew: path.join(folder, 'krew') };
for (const one of Object.values(made)) {
  await rm(one, { recursive: true, force: true });
  await mkdir(one, { recursive: true });
}

const bundle = path.join(made.cli, 'kubectl-pktcap.cjs');
const metafile = await bundleCli(root, bundle);
const archives = [];
for (const platform of platforms) {
  const content = path.join(made.cli, `${platform.os}_${platform.arch}`);
  await mkdir(content);
  const program = path.join(content, 'kubectl-pktcap');
  await (platform.node === undefined ? copyFile(bundle, program) : buildExecutable(platform, bundle, program));
  await writeCompletion(bundle, content);
  await writeMadeOf(root, metafile, content, platform.node);
  const file = `kubectl-pktcap_v${version}_${platform.os}_${platform.arch}.tar.gz`;
  await pack(content, path.join(made.cli, file));
  await rm(content, { recursive: true });
  archives.push({ ...platform, file, sha256: await sha256(path.join(made.cli, file)) });
  console.log(path.join(made.cli, file));
}
const npm = await npmPackage(root, bundle, metafile, made.npm);
console.log(npm);
const checksums = [...archives, { file: path.basename(npm), sha256: await sha256(npm) }].map((one) => `${one.sha256}  ${one.file}\n`);
await writeFile(path.join(made.cli, 'SHA256SUMS'), checksums.join(''));
await writeFile(path.join(made.krew, 'pktcap.yaml'), krewManifest({ version, baseUrl: values['base-url'], archives }));
await removeUnpinned();
