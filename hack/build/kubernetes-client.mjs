// Bundles of the Kubernetes client what this program uses of it: its kubeconfig. The generated models and APIs are nine tenths of the package, and each process would keep them in memory.
import path from 'node:path';

/**
 * @dot-i/k8s-operator's constructor makes a client of CoreV1Api, and calls nothing of it; what of it would use Watch, CustomObjectsApi and the like is overridden.
 * Whatever else is asked of the client does not exist in a bundle: reading it gives undefined, and a call throws.
 */
const CLIENT = `
export { KubeConfig } from './dist/config.js';
export class CoreV1Api {}
`;
const GENERATED = `
export { createConfiguration } from './configuration.js';
export { ServerConfiguration } from './servers.js';
`;

export const kubernetesClient = {
  name: 'kubernetes-client',
  setup(build) {
    // Its path is a name alone: the list of bundled packages is made of those that have files.
    const virtual = (contents, folder) => ({ path: path.basename(folder), namespace: 'kubernetes-client', pluginData: { contents, folder } });
    build.onResolve({ filter: /^@kubernetes\/client-node$/ }, async ({ importer, resolveDir, pluginData, kind }) => {
      if (pluginData === 'real') return undefined;
      const { path: entry } = await build.resolve('@kubernetes/client-node', { importer, resolveDir, kind, pluginData: 'real' });
      return virtual(CLIENT, path.join(path.dirname(entry), '..'));
    });
    build.onResolve({ filter: /^\.\/gen\/index\.js$/ }, ({ importer, resolveDir }) => (importer.includes('@kubernetes/client-node/dist/config.js') ? virtual(GENERATED, path.join(resolveDir, 'gen')) : undefined));
    build.onLoad({ filter: /.*/, namespace: 'kubernetes-client' }, ({ pluginData: { contents, folder } }) => ({ contents, resolveDir: folder, loader: 'js' }));
  },
};
