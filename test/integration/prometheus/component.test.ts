// The component for the Prometheus operator, with each kubectl of this machine: beside config/default where kubectl knows components, and its objects by themselves everywhere.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { kubectls, type Kubectl } from '../kubectls.js';

const run = promisify(execFile);
/** Its kustomize is the first that knows components. */
const COMPONENTS = 21;
const FILES = ['service.yaml', 'servicemonitor.yaml', 'prometheusrule.yaml'].map((name) => `config/components/prometheus/${name}`);

interface Shown {
  kind: string;
  metadata: { name: string };
}

describe.each(kubectls())('kubectl $version', ({ binary, minor }: Kubectl) => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'kubectl-'));
    const at = (part: string): string => path.relative(folder, path.resolve(part));
    await writeFile(path.join(folder, 'kustomization.yaml'), JSON.stringify({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources: [at('config/default')], components: [at('config/components/prometheus')] }));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const render = async (what: string): Promise<Shown[]> => parseAllDocuments((await run(binary, ['kustomize', what], { maxBuffer: 2 ** 26 })).stdout, { version: '1.1' }).map((document) => document.toJSON() as Shown);

  test('renders its objects beside config/default, or says that it knows no components', async () => {
    if (minor < COMPONENTS) {
      await expect(render(folder)).rejects.toThrow('unknown field "components"');
      return;
    }
    const [without, rendered] = [await render('config/default'), await render(folder)];
    const added = rendered.filter((object) => !without.some((other) => other.kind === object.kind && other.metadata.name === object.metadata.name));
    expect(rendered).toEqual(expect.arrayContaining(without));
    expect(rendered).toHaveLength(without.length + FILES.length);
    expect(added).toEqual(expect.arrayContaining(await Promise.all(FILES.map(async (file) => parse(await readFile(file, 'utf8')) as Shown))));
  });
});
