// What a user runs to install, with each kubectl of this machine: config/default with every one, the rules in CEL where client and server know them.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { crdWithRules } from '../../unit/api/cel/committed.js';
import { startApiServer, type ApiServer } from '../api-server.js';
import { kubectl } from '../api-server/kubeconfig.js';
import { eventually } from '../eventually.js';
import { kubectls, type Kubectl } from '../kubectls.js';

const CRD = 'packetcaptures.packetcapture.dev';
/** Its kustomize is the first that knows components. */
const COMPONENTS = 21;
/** The first release that has every function of the rules, and lets what broke a rule before it was there be. */
const RULES = 30;

describe.each(kubectls())('kubectl $version', ({ binary, minor }: Kubectl) => {
  let apiServer: ApiServer;
  let folder: string;
  beforeAll(async () => {
    apiServer = await startApiServer();
    folder = await mkdtemp(path.join(tmpdir(), 'kubectl-'));
    const at = (part: string): string => path.relative(folder, path.resolve(part));
    await writeFile(
      path.join(folder, 'kustomization.yaml'),
      JSON.stringify({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources: [at('config/default')], components: [at('config/components/cel')] }),
    );
  }, 60_000);
  afterAll(async () => {
    await apiServer.stop();
    await rm(folder, { recursive: true, force: true });
  }, 30_000);
  const run = (...args: string[]): Promise<string> => kubectl(binary, apiServer.kubeconfigPath, folder, args);
  const apply = async (...args: string[]): Promise<string[]> => (await run('apply', ...args)).split('\n').filter((line) => line !== '');

  test('installs config/default on a new server, and finds nothing to change afterwards', async () => {
    const first = await apply('-k', 'config/default');
    expect(first.filter((line) => !line.endsWith(' created'))).toEqual([]);
    expect(first).toContain(`customresourcedefinition.apiextensions.k8s.io/${CRD} created`);
    await eventually('captures are served', () => run('get', 'packetcaptures', '--all-namespaces'));
    expect((await apply('-k', 'config/default')).filter((line) => !line.endsWith(' unchanged'))).toEqual([]);
  });

  test('renders the rules into the CRD and changes nothing else, or says that it knows no components', async () => {
    const rendered = run('kustomize', folder);
    if (minor < COMPONENTS) {
      await expect(rendered).rejects.toThrow('unknown field "components"');
      return;
    }
    const objects = (text: string): { metadata: { name: string } }[] => parseAllDocuments(text, { version: '1.1' }).map((document) => document.toJSON() as { metadata: { name: string } });
    const without = objects(await run('kustomize', 'config/default')).filter(({ metadata }) => metadata.name !== CRD);
    const withRules = objects(await rendered);
    expect(withRules.find(({ metadata }) => metadata.name === CRD)).toEqual(crdWithRules());
    expect(withRules.filter(({ metadata }) => metadata.name !== CRD)).toEqual(without);
  });

  test('installs them where the server knows them, and elsewhere refuses before anything is changed', async () => {
    if (minor < COMPONENTS) return;
    const { minor: server } = JSON.parse(await run('get', '--raw', '/version')) as { minor: string };
    if (Number.parseInt(server, 10) >= RULES) {
      expect(await apply('-k', folder)).toContain(`customresourcedefinition.apiextensions.k8s.io/${CRD} configured`);
      return;
    }
    const before = await run('get', 'crd', CRD, '--output=jsonpath={.metadata.resourceVersion}');
    await expect(apply('-k', folder)).rejects.toThrow('unknown field "x-kubernetes-validations"');
    expect(await run('get', 'crd', CRD, '--output=jsonpath={.metadata.resourceVersion}')).toBe(before);
  });
});
