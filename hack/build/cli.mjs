// Bundles the kubectl plugin into one file that Node runs.
// usage: cli.mjs [FILE], from the root of the repository; default: dist/cli/kubectl-pktcap.cjs
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { bundleCli } from './cli/bundle.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
await bundleCli(root, path.resolve(root, process.argv[2] ?? 'dist/cli/kubectl-pktcap.cjs'));
