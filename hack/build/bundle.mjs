// Bundles the program into three files: a dispatcher, the operator, and an agent that holds no Kubernetes client and so starts fast.
import { readFile } from 'node:fs/promises';
import { build } from 'esbuild';

const root = new URL('../../', import.meta.url).pathname;
const entryPoints = { packetcapture: 'src/main.ts', operator: 'src/operator/main.ts', agent: 'src/agent/main.ts' };
/** What main.ts imports stays outside its bundle, and is found beside it at run time. */
const siblings = {
  name: 'siblings',
  setup(plugin) {
    plugin.onResolve({ filter: /^\.\/(operator|agent)\/main\.js$/ }, ({ path, importer }) =>
      importer === `${root}src/main.ts` ? { path: `./${path.split('/')[1]}.mjs`, external: true } : undefined,
    );
  },
};

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints,
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  minifyWhitespace: true,
  // An uncaught error prints the line it came from: a bundle of one line would fill the log.
  lineLimit: 160,
  metafile: true,
  define: { 'process.env.PACKETCAPTURE_VERSION': JSON.stringify(JSON.parse(await readFile(`${root}package.json`, 'utf8')).version) },
  plugins: [siblings],
  // CommonJS dependencies call require() for Node's own modules, which an ES module does not have.
  banner: { js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);" },
});

for (const [output, { bytes, inputs }] of Object.entries(metafile.outputs)) {
  const packages = new Set(Object.keys(inputs).flatMap((path) => /(?:.*\/|^)node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []));
  console.log(`${output}  ${(bytes / 1e6).toFixed(1)} MB  ${packages.size} packages`);
  const kubernetes = [...packages].filter((name) => /^@kubernetes\/|k8s/.test(name));
  if (!output.endsWith('operator.mjs') && kubernetes.length > 0) throw new Error(`${output} holds ${kubernetes.join(', ')}: only the operator may`);
}
