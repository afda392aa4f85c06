// Bundles the program: a dispatcher, the operator, and an agent that holds no Kubernetes client, and loads its S3 client late, and so starts fast.
// Beside them what they are made of: sbom.cdx.json and THIRD_PARTY_NOTICES.
// usage: bundle.mjs [FOLDER], from the root of the repository; default: dist
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { bundledPackages } from './bundled-packages.mjs';
import { kubernetesClient } from './kubernetes-client.mjs';
import { notices } from './notices.mjs';
import { npmPurl, sbom } from './sbom.mjs';

const root = new URL('../../', import.meta.url).pathname;
const folder = path.resolve(root, process.argv[2] ?? 'dist');
const own = JSON.parse(await readFile(`${root}package.json`, 'utf8'));
/** What main.ts imports stays outside its bundle, and is found beside it at run time. */
const siblings = {
  name: 'siblings',
  setup(plugin) {
    plugin.onResolve({ filter: /^\.\/(operator|agent)\/main\.js$/ }, ({ path, importer }) =>
      importer === `${root}src/main.ts` ? { path: `./${path.split('/')[1]}.mjs`, external: true } : undefined,
    );
  },
};

/** zod brings its words in fifty languages, which are half of it; errors here are in English. */
const english = {
  name: 'english',
  setup(plugin) {
    plugin.onLoad({ filter: /\/node_modules\/zod\/v4\/locales\/index\.js$/ }, () => ({ contents: "export { default as en } from './en.js';" }));
  },
};

const options = {
  absWorkingDir: root,
  outdir: folder,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  minifyWhitespace: true,
  // An uncaught error prints the line it came from: a bundle of one line would fill the log.
  lineLimit: 160,
  metafile: true,
  // The package debug colours its lines with it where somebody else installed it: here that was a tool of the tests.
  external: ['supports-color'],
  define: { 'process.env.PACKETCAPTURE_VERSION': JSON.stringify(own.version) },
  plugins: [siblings, kubernetesClient, english],
  // CommonJS dependencies call require() for Node's own modules, which an ES module does not have.
  banner: { js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);" },
};
// The agent's is in pieces: what is imported late is loaded late. Their names are of what is in them: those of an earlier build go.
await mkdir(folder, { recursive: true });
for (const name of await readdir(folder)) if (/^agent-.*\.mjs$/.test(name)) await rm(path.join(folder, name));
const built = await Promise.all([
  build({ ...options, entryPoints: { packetcapture: 'src/main.ts', operator: 'src/operator/main.ts' } }),
  build({ ...options, entryPoints: { agent: 'src/agent/main.ts' }, splitting: true, chunkNames: 'agent-[name]-[hash]' }),
]);
const metafile = { outputs: Object.assign({}, ...built.map((result) => result.metafile.outputs)) };

for (const [output, { bytes, inputs }] of Object.entries(metafile.outputs)) {
  const packages = new Set(Object.keys(inputs).flatMap((path) => /(?:.*\/|^)node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []));
  console.log(`${output}  ${(bytes / 1e6).toFixed(1)} MB  ${packages.size} packages`);
  const kubernetes = [...packages].filter((name) => /^@kubernetes\/|k8s/.test(name));
  if (!output.endsWith('operator.mjs') && kubernetes.length > 0) throw new Error(`${output} holds ${kubernetes.join(', ')}: only the operator may`);
}

const packages = await bundledPackages(root, metafile);
await writeFile(path.join(folder, 'sbom.cdx.json'), sbom(own, packages.map((one) => ({ ...one, purl: npmPurl(one) }))));
await writeFile(path.join(folder, 'THIRD_PARTY_NOTICES'), notices(packages));
