// Bundles the kubectl plugin into one file that Node runs.
// usage: cli.mjs [FILE], from the root of the repository; default: dist/cli/kubectl-pktcap.mjs
import { chmod, readFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

const root = new URL('../../', import.meta.url).pathname;
const outfile = path.resolve(root, process.argv[2] ?? 'dist/cli/kubectl-pktcap.mjs');
const { version } = JSON.parse(await readFile(`${root}package.json`, 'utf8'));
await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/main.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  minifyWhitespace: true,
  lineLimit: 160,
  external: ['supports-color'],
  define: { 'process.env.PACKETCAPTURE_VERSION': JSON.stringify(version), "process.env['PACKETCAPTURE_VERSION']": JSON.stringify(version) },
  banner: { js: "#!/usr/bin/env node\nimport{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);" },
});
await chmod(outfile, 0o755);
