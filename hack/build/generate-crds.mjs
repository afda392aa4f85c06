// Writes crds/*.yaml from the zod schemas in src/api, and config/components/cel's patch from the table of rules. Unit tests fail when what is committed differs.
import { writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { stringify } from 'yaml';

const root = new URL('../../', import.meta.url);
const { outputFiles } = await build({
  stdin: { contents: `export { customResourceDefinitions } from './src/api/crd.js'; export { celPatch } from './src/api/cel.js';`, resolveDir: root.pathname },
  bundle: true,
  format: 'esm',
  platform: 'node',
  write: false,
});
const bundle = `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`;
const { customResourceDefinitions, celPatch } = await import(bundle);

for (const crd of customResourceDefinitions()) await generate(`crds/${crd.spec.group}_${crd.spec.names.plural}.yaml`, crd);
await generate('config/components/cel/packetcaptures.yaml', celPatch());

async function generate(path, value) {
  // kubectl reads YAML 1.1, in which an unquoted "on" is true.
  const text = stringify(value, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
  await writeFile(new URL(path, root), `# Generated from src/api by \`make crds\`. Edit there.\n${text}`);
  console.log(path);
}
