// The PodDisruptionBudget of either API version, with each kubectl of this machine: as a component where kubectl knows them, as an object everywhere.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { startApiServer, type ApiServer } from '../api-server.js';
import { kubectl } from '../api-server/kubeconfig.js';
import { kubectls, type Kubectl } from '../kubectls.js';

/** Its kustomize is the first that knows components. */
const COMPONENTS = 21;
/** The releases of Kubernetes that serve them. */
const SERVED = { v1: [21, Infinity], v1beta1: [5, 24] } as const;

interface Budget {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string };
  spec: { selector: { matchLabels: object }; maxUnavailable: number };
}

let apiServer: ApiServer;
let server: number;
beforeAll(async () => {
  apiServer = await startApiServer();
  server = Number.parseInt((JSON.parse(await apiServer.kubectl(['get', '--raw', '/version'])) as { minor: string }).minor, 10);
}, 60_000);
afterAll(() => apiServer.stop(), 30_000);

describe.each(kubectls())('kubectl $version', ({ binary, minor }: Kubectl) => {
  describe.each(['v1', 'v1beta1'] as const)('policy/%s', (version) => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'kubectl-'));
      const at = (part: string): string => path.relative(folder, path.resolve(part));
      await writeFile(path.join(folder, 'kustomization.yaml'), JSON.stringify({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources: [at('config/default')], components: [at(`config/components/pdb-${version}`)] }));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));
    const run = (...args: string[]): Promise<string> => kubectl(binary, apiServer.kubeconfigPath, folder, args);
    const file = `config/components/pdb-${version}/poddisruptionbudget.yaml`;
    const isServed = (): boolean => server >= SERVED[version][0] && server <= SERVED[version][1];

    test('renders one budget beside config/default, for the pods of its Deployment, or says that it knows no components', async () => {
      const rendered = run('kustomize', folder);
      if (minor < COMPONENTS) {
        await expect(rendered).rejects.toThrow('unknown field "components"');
        return;
      }
      const objects = (text: string): Budget[] => parseAllDocuments(text, { version: '1.1' }).map((document) => document.toJSON() as Budget);
      const without = objects(await run('kustomize', 'config/default'));
      const [budget, ...others] = objects(await rendered).sort((a, b) => Number(b.kind === 'PodDisruptionBudget') - Number(a.kind === 'PodDisruptionBudget'));
      expect(others).toEqual(without);
      const deployment = without.find(({ kind }) => kind === 'Deployment');
      expect(budget).toMatchObject({ apiVersion: `policy/${version}`, kind: 'PodDisruptionBudget', metadata: { namespace: deployment?.metadata.namespace }, spec: { maxUnavailable: 1, selector: deployment?.spec.selector } });
    });

    test('is applied where the server has this version, and otherwise refused', async () => {
      await run('apply', '-k', 'config/default');
      const ways = minor < COMPONENTS ? [['-f', file]] : [['-f', file], ['-k', folder]];
      for (const way of ways) {
        const applied = run('apply', ...way);
        if (isServed()) expect(await applied).toMatch(/poddisruptionbudget.*packetcapture-operator (created|unchanged|configured)/);
        else await expect(applied).rejects.toThrow(/no matches for kind "PodDisruptionBudget"/);
      }
    });
  });
});
