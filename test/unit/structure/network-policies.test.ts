// Who may talk to the pods of an installation, by the network policies that come with it.
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { matches, type LabelSelector } from '../../../src/api/label-selector.js';
import { buildJob } from '../../../src/plan/job.js';
import { workingSpec } from '../../../src/plan/run.js';
import { buildSweepJob } from '../../../src/plan/sweep.js';
import { aWorld, running } from '../plan/builders.js';

interface Policy {
  kind: string;
  metadata: { name: string; namespace: string };
  spec: { podSelector: LabelSelector; policyTypes: string[]; ingress?: { from?: object[]; ports: { port: number; protocol: string }[] }[] };
}
interface Workload {
  metadata: { namespace: string };
  spec: { template: { metadata: { labels: Record<string, string> }; spec: { containers: { ports?: { name: string; containerPort: number }[] }[] } } };
}

const read = (path: string): string => readFileSync(new URL(`../../../config/${path}`, import.meta.url), 'utf8');
const policies = ['system', 'jobs'].flatMap((name) => parseAllDocuments(read(`networkpolicies/${name}.yaml`)).map((document) => document.toJS() as Policy));
const operator = parse(read('manager/deployment.yaml')) as Workload;
const { record } = running();
const { config } = aWorld();
const capture = buildJob(record.capture, record.run, workingSpec(record.run) as NonNullable<ReturnType<typeof workingSpec>>, 'node-a', config) as Workload;
const sweep = buildSweepJob('node-a', { version: 1, retentionSeconds: 1, keep: [], keepPrefixes: [] }, config) as Workload;

/** Ports that a pod of these labels can be talked to at; undefined: all, since no policy selects it. */
function openPorts(namespace: string, labels: Record<string, string>): string[] | undefined {
  const selecting = policies.filter(({ metadata, spec }) => metadata.namespace === namespace && matches(spec.podSelector, labels));
  if (selecting.length === 0) return undefined;
  return selecting.flatMap(({ spec }) => (spec.ingress ?? []).flatMap(({ ports }) => ports.map(({ port, protocol }) => `${port}/${protocol}`)));
}
const openPortsOf = ({ metadata, spec }: Workload): string[] | undefined => openPorts(metadata.namespace, spec.template.metadata.labels);

test('nobody talks to a pod of a capture or of a sweep', () => {
  expect([openPortsOf(capture), openPortsOf(sweep)]).toEqual([[], []]);
});

test('the operator is talked to where its health is asked for, and a stranger beside it not at all', () => {
  const health = operator.spec.template.spec.containers[0]?.ports?.find(({ name }) => name === 'health')?.containerPort;
  expect(openPortsOf(operator)).toEqual([`${health}/TCP`]);
  expect(openPorts('packetcapture-system', { app: 'stranger' })).toEqual([]);
});

test('no other namespace is touched, and egress is the platform’s to narrow', () => {
  expect(policies.map(({ kind, metadata, spec }) => [kind, metadata.namespace, spec.policyTypes.join()])).toEqual([
    ['NetworkPolicy', 'packetcapture-system', 'Ingress'],
    ['NetworkPolicy', 'packetcapture-system', 'Ingress'],
    ['NetworkPolicy', 'packetcapture-jobs', 'Ingress'],
  ]);
});
