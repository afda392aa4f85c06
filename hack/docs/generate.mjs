// Writes the pages of docs/ that are made of tables in src/: one for each *-page.ts here. A unit test fails when what is committed differs.
import { readdir, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const root = new URL('../../', import.meta.url);
const here = new URL('./', import.meta.url);
for (const name of (await readdir(here)).filter((file) => file.endsWith('-page.ts'))) {
  const { outputFiles } = await build({ entryPoints: [new URL(name, here).pathname], bundle: true, format: 'esm', platform: 'node', write: false });
  const { path, page } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
  await writeFile(new URL(path, root), page());
  console.log(path);
}
