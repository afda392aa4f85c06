// What lies beside the plugin in each archive: the licences and the bill of materials of all that is in it.
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundledPackages } from '../bundled-packages.mjs';
import { notices } from '../notices.mjs';
import { npmPurl, sbom } from '../sbom.mjs';
import { versionOf } from './platforms.mjs';
import { fetched } from './toolchain.mjs';

/** `metafile`: of the bundle. `node`: the package whose Node is in the executable, where one is. */
export async function writeMadeOf(root, metafile, folder, node) {
  const { version, license } = JSON.parse(await readFile(`${root}package.json`, 'utf8'));
  const packages = await bundledPackages(root, metafile);
  const runtime = node === undefined ? [] : [await runtimeOf(node)];
  const components = [...runtime, ...packages.map((one) => ({ ...one, purl: npmPurl(one) }))];
  await writeFile(path.join(folder, 'sbom.cdx.json'), sbom({ name: 'kubectl-pktcap', version, license }, components));
  await writeFile(path.join(folder, 'THIRD_PARTY_NOTICES'), notices([...runtime, ...packages]));
  await copyFile(`${root}LICENSE`, path.join(folder, 'LICENSE'));
}

async function runtimeOf(node) {
  const version = versionOf(node);
  return { name: 'node', version, license: 'MIT', purl: `pkg:generic/node@${version}`, texts: [await readFile(path.join(await fetched(node), 'LICENSE'), 'utf8')] };
}
