// The packages that bundles hold: which, in which version, under which licence, with its text.
import { readdir, readFile } from 'node:fs/promises';

/** Folder of a package, of a path in it: the innermost node_modules counts. */
const FOLDER = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;
const LICENCE_FILE = /^(licen[cs]e|copying|notice)/i;

/**
 * `metafile`: esbuild's, with paths from `root`. Sorted by name and version; one that is installed in several places is there once.
 * Throws where one has no licence, is not the one of the lock file, or is there for development only.
 */
export async function bundledPackages(root, metafile) {
  const lock = JSON.parse(await readFile(`${root}package-lock.json`, 'utf8')).packages;
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
  const folders = new Set(inputs.flatMap((path) => FOLDER.exec(path)?.[0] ?? []));
  const packages = new Map();
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(await readFile(`${root}${folder}/package.json`, 'utf8'));
    const locked = lock[folder];
    if (locked?.version !== version) throw new Error(`${folder} is ${version}, and package-lock.json has ${locked?.version}: npm ci`);
    if (locked.dev) throw new Error(`${folder} is a dependency of development only`);
    if (typeof license !== 'string') throw new Error(`${folder}/package.json names no licence`);
    packages.set(`${name}@${version}`, { name, version, license, integrity: locked.integrity, texts: await licenceTexts(`${root}${folder}`) });
  }
  return [...packages].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, found]) => found);
}

async function licenceTexts(folder) {
  const files = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile() && LICENCE_FILE.test(entry.name)).map(({ name }) => name);
  return Promise.all(files.sort().map((file) => readFile(`${folder}/${file}`, 'utf8')));
}
