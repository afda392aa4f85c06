// What is installed: whole, of one version, and within Pod Security's `restricted`.
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

interface Container {
  image: string;
  securityContext: unknown;
  volumeMounts: { name: string; mountPath: string }[];
}
interface Deployment {
  spec: { replicas: number; strategy: unknown; template: { spec: { containers: Container[]; securityContext: unknown; volumes: object[]; hostNetwork?: boolean } } };
}
interface Component {
  kind: string;
  resources?: string[];
  patches?: { path: string }[];
  configMapGenerator?: { files: string[] }[];
}
const pod = (parse(read('config/manager/deployment.yaml')) as Deployment).spec.template.spec;
const [container] = pod.containers as [Container];

test('every file of config is part of a kustomization, and every folder of config/default', () => {
  const folders = readdirSync(new URL('config', root)).filter((name) => name !== 'default' && name !== 'components');
  for (const folder of folders) {
    const { resources } = parse(read(`config/${folder}/kustomization.yaml`)) as { resources: string[] };
    expect(resources.toSorted()).toEqual(readdirSync(new URL(`config/${folder}`, root)).filter((name) => name !== 'kustomization.yaml').toSorted());
  }
  const { bases } = parse(read('config/default/kustomization.yaml')) as { bases: string[] };
  expect(bases.toSorted()).toEqual(['../../crds', ...folders.map((name) => `../${name}`)].toSorted());
});

test('every component is one, and uses each of its files', () => {
  for (const folder of readdirSync(new URL('config/components', root))) {
    const { kind, resources = [], patches = [], configMapGenerator = [] } = parse(read(`config/components/${folder}/kustomization.yaml`)) as Component;
    expect([folder, kind]).toEqual([folder, 'Component']);
    const used = [...resources, ...patches.map(({ path }) => path), ...configMapGenerator.flatMap(({ files }) => files)];
    expect(used.toSorted()).toEqual(readdirSync(new URL(`config/components/${folder}`, root)).filter((name) => name !== 'kustomization.yaml').toSorted());
  }
});

test('the version is the same everywhere', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  expect(container.image).toBe(`packetcapture:${version}`);
  expect(read('Makefile')).toContain(`IMAGE ?= packetcapture:${version}\n`);
});

describe('the operator', () => {
  test('asks for nothing that Pod Security restricts', () => {
    expect(pod.securityContext).toEqual({ runAsNonRoot: true, runAsUser: 65_532, runAsGroup: 65_532, seccompProfile: { type: 'RuntimeDefault' } });
    expect(container.securityContext).toEqual({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
    expect(pod.volumes).toEqual([{ name: 'tmp', emptyDir: {} }]);
    expect(pod.hostNetwork).toBeUndefined();
  });

  test('is the user of the image', () => {
    expect(read('Dockerfile')).toMatch(/^USER 65532:65532$/m);
  });

  test('has a standby, also during an upgrade', () => {
    const { spec } = parse(read('config/manager/deployment.yaml')) as Deployment;
    expect([spec.replicas, spec.strategy]).toEqual([2, { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }]);
  });
});
