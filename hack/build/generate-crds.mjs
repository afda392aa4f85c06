// Writes crds/*.yaml from the zod schemas in src/api. A unit test fails when what is committed differs.
import { writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { stringify } from 'yaml';

const root = new URL('../../', import.meta.url);
const { outputFiles } = await build({
  entryPoints: [new URL('src/api/crd.ts', root).pathname],
  bundle: true,
  format: 'esm',
  platform: 'node',
  write: false,
});
const bundle = `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`;
const { customResourceDefinitions } = await import(bundle);

for (const crd of customResourceDefinitions()) {
  const path = `crds/${crd.spec.group}_${crd.spec.names.plural}.yaml`;
  // kubectl reads YAML 1.1, in which an unquoted "on" is true.
  const text = stringify(crd, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
  await writeFile(new URL(path, root), `# Generated from src/api by \`make crds\`. Edit there.\n${text}`);
  console.log(path);
}
