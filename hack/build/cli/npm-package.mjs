// The npm package of the plugin: the bundle, and nothing that npm would have to fetch.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { COMPLETION, writeCompletion } from './completion.mjs';
import { writeMadeOf } from './made-of.mjs';

const run = promisify(execFile);

/** Writes FOLDER/package and FOLDER/kubectl-pktcap-VERSION.tgz; returns the path of the latter. */
export async function npmPackage(root, bundle, metafile, folder) {
  const { version, license, engines } = JSON.parse(await readFile(`${root}package.json`, 'utf8'));
  const content = path.join(folder, 'package');
  await rm(content, { recursive: true, force: true });
  await mkdir(content, { recursive: true });
  await copyFile(bundle, path.join(content, 'kubectl-pktcap.cjs'));
  await writeCompletion(bundle, content);
  await writeMadeOf(root, metafile, content);
  const manifest = {
    name: 'kubectl-pktcap',
    version,
    description: 'kubectl pktcap: packets out of pods, through PacketCapture objects',
    license,
    bin: { 'kubectl-pktcap': 'kubectl-pktcap.cjs', [COMPLETION]: COMPLETION },
    engines,
    os: ['linux', 'darwin'],
  };
  await writeFile(path.join(content, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { cwd: content });
  return path.join(folder, `kubectl-pktcap-${version}.tgz`);
}
