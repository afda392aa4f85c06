// Who may talk to the pods of an installation, by the network policies that come with it.
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { matches, type LabelSelector } from '../../../src/api/label-selector.js';
import { FLAGS } from '../../../src/operator/config.js';
import { buildJob } from '../../../src/plan/job.js';
import { workingSpec } from '../../../src/plan/run.js';
import { buildSweepJob } from '../../../src/plan/sweep.js';
import { aWorld, running } from '../plan/builders.js';

interface Policy {
  kind: string;
  metadata: { name: string; namespace: string };
  spec: { podSelector: LabelSelector; policyTypes: string[]; ingress?: { from?: { namespaceSelector: LabelSelector }[]; ports: { port: number; protocol: string }[] }[] };
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

/** Ports at which pods of a namespace with the labels `from` can talk to a pod of these labels; undefined: all, since no policy selects it. */
function openPorts(namespace: string, labels: Record<string, string>, from: Record<string, string> = {}): string[] | undefined {
  const selecting = policies.filter(({ metadata, spec }) => metadata.namespace === namespace && matches(spec.podSelector, labels));
  if (selecting.length === 0) return undefined;
  return selecting.flatMap(({ spec }) => (spec.ingress ?? []).filter((rule) => rule.from?.some(({ namespaceSelector }) => matches(namespaceSelector, from)) ?? true).flatMap(({ ports }) => ports.map(({ port, protocol }) => `${port}/${protocol}`)));
}
const openPortsOf = ({ metadata, spec }: Workload, from?: Record<string, string>): string[] | undefined => openPorts(metadata.namespace, spec.template.metadata.labels, from);
const portOf = (name: string): number | undefined => operator.spec.template.spec.containers[0]?.ports?.find((port) => port.name === name)?.containerPort;

test('nobody talks to a pod of a capture or of a sweep', () => {
  expect([openPortsOf(capture), openPortsOf(sweep)]).toEqual([[], []]);
});

test('the operator is talked to where its health is asked for, and a stranger beside it not at all', () => {
  expect(openPortsOf(operator)).toEqual([`${portOf('health')}/TCP`]);
  expect(openPorts('packetcapture-system', { app: 'stranger' })).toEqual([]);
});

test('the operator’s metrics are for pods of namespaces that have the label for it, and so is nothing else', () => {
  const monitoring = { 'packetcapture.dev/metrics': 'enabled' };
  expect(openPortsOf(operator, monitoring)).toEqual([`${portOf('health')}/TCP`, `${portOf('metrics')}/TCP`]);
  expect(portOf('metrics')).toBe(Number(FLAGS.metricsPort.default));
  for (const from of [{}, { 'packetcapture.dev/metrics': 'false' }, { 'kubernetes.io/metadata.name': 'monitoring' }]) expect(openPortsOf(operator, from)).toEqual([`${portOf('health')}/TCP`]);
  expect([openPortsOf(capture, monitoring), openPorts('packetcapture-system', { app: 'stranger' }, monitoring)]).toEqual([[], []]);
});

test('no other namespace is touched, and egress is the platform’s to narrow', () => {
  expect(policies.map(({ kind, metadata, spec }) => [kind, metadata.namespace, spec.policyTypes.join()])).toEqual([
    ['NetworkPolicy', 'packetcapture-system', 'Ingress'],
    ['NetworkPolicy', 'packetcapture-system', 'Ingress'],
    ['NetworkPolicy', 'packetcapture-system', 'Ingress'],
    ['NetworkPolicy', 'packetcapture-jobs', 'Ingress'],
  ]);
});
