// The kubectl plugin as one file: the same for the npm package and inside the executables.
import { chmod, readFile } from 'node:fs/promises';
import { build } from 'esbuild';

/** Returns esbuild's metafile. CommonJS, because an executable of Node 24 starts nothing else. */
export async function bundleCli(root, outfile) {
  const { version } = JSON.parse(await readFile(`${root}package.json`, 'utf8'));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/cli/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    // Inside an executable import() finds no file, and needs none.
    supported: { 'dynamic-import': false },
    minifyWhitespace: true,
    lineLimit: 160,
    metafile: true,
    external: ['supports-color'],
    define: { 'process.env.PACKETCAPTURE_VERSION': JSON.stringify(version), "process.env['PACKETCAPTURE_VERSION']": JSON.stringify(version) },
    // A dependency of the Kubernetes client still loads punycode: nothing that a user of this program could mend.
    banner: { js: '#!/usr/bin/env node\nprocess.noDeprecation=true;' },
  });
  await chmod(outfile, 0o755);
  return metafile;
}
