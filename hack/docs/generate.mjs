// Writes the pages of docs/ that are made of tables in src/: one for each *-page.ts here. A unit test fails when what is committed differs.
import { readdir, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const root = new URL('../../', import.meta.url);
const here = new URL('./', import.meta.url);
for (const name of (await readdir(here)).filter((file) => file.endsWith('-page.ts'))) {
  // As a file: what the plugin is made of asks for modules by require, which needs a place to start from.
  const outfile = new URL(`node_modules/.cache/docs/${name.replace(/\.ts$/, '.mjs')}`, root);
  const banner = { js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);" };
  await build({ entryPoints: [new URL(name, here).pathname], bundle: true, format: 'esm', platform: 'node', outfile: outfile.pathname, banner, logLevel: 'error' });
  const { path, page } = await import(outfile.href);
  await writeFile(new URL(path, root), page());
  console.log(path);
}
