// Writes the rule files from hack/alerts/alerts.ts. A unit test fails when what is committed differs.
import { writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const root = new URL('../../', import.meta.url);
const { pathname: outfile } = new URL('node_modules/.cache/alerts/rules.mjs', root);
const banner = { js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);" };
await build({ entryPoints: [new URL('./rules.ts', import.meta.url).pathname], bundle: true, format: 'esm', platform: 'node', outfile, banner, logLevel: 'error' });
const { ruleFiles } = await import(outfile);
for (const [path, text] of Object.entries(ruleFiles())) {
  await writeFile(new URL(path, root), text);
  console.log(path);
}
