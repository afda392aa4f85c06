// What is committed, read by the tools that will read it: the queries by Prometheus, the component by kubectl.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ROWS } from '../../../hack/dashboard/panels.js';
import { filled } from '../../../hack/dashboard/promql.js';
import { binary } from '../../prometheus/prometheus.js';
import { kubectls } from '../kubectls.js';

/** kubectl's first kustomize that knows components. */
const COMPONENTS = 21;
const COMPONENT = 'config/components/grafana';
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'dashboard-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('every query is PromQL', () => {
  const exprs = ROWS.flatMap(({ panels }) => panels).flatMap(({ queries }) => queries).map(({ expr }) => filled(expr, { rateInterval: '1m', range: '3h' }));
  const rules = path.join(folder, 'rules.yaml');
  writeFileSync(rules, JSON.stringify({ groups: [{ name: 'dashboard', rules: exprs.map((expr, n) => ({ record: `dashboard:query:${n}`, expr })) }] }));
  expect(execFileSync(binary('promtool'), ['check', 'rules', rules], { encoding: 'utf8' })).toContain(`SUCCESS: ${exprs.length} rules found`);
});

test.each(kubectls())('kubectl $version makes a ConfigMap of it that a sidecar finds', ({ binary: kubectl, minor }) => {
  const own = path.join(folder, `own-${minor}`);
  mkdirSync(own);
  if (minor >= COMPONENTS) {
    writeFileSync(path.join(own, 'kustomization.yaml'), JSON.stringify({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', components: [path.relative(realpathSync(own), path.resolve(COMPONENT))] }));
  } else {
    const text = readFileSync(`${COMPONENT}/kustomization.yaml`, 'utf8').replace('kind: Component', 'kind: Kustomization').replace('v1alpha1', 'v1beta1');
    writeFileSync(path.join(own, 'kustomization.yaml'), text);
    copyFileSync(`${COMPONENT}/packetcapture.json`, path.join(own, 'packetcapture.json'));
  }
  const made = parse(execFileSync(kubectl, ['kustomize', own], { encoding: 'utf8', maxBuffer: 2 ** 24 })) as { kind: string; metadata: object; data: Record<string, string> };
  expect([made.kind, made.metadata]).toEqual(['ConfigMap', { name: 'packetcapture-dashboard', namespace: 'packetcapture-system', labels: { grafana_dashboard: '1' } }]);
  expect(made.data['packetcapture.json']).toBe(readFileSync(`${COMPONENT}/packetcapture.json`, 'utf8'));
});
