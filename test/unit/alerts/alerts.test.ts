// The alerts: they are of metrics that there are, and each has its section in docs/alerts.md.
import { existsSync, readFileSync } from 'node:fs';
import { PrometheusRule, ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ALERTS, anchorOf, DOCS } from '../../../hack/alerts/alerts.js';
import { METRICS, type Metric } from '../../../src/operator/metrics/catalogue.js';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const COMPONENT = 'config/components/prometheus';

describe('what the Prometheus operator takes, by its own schemas', () => {
  test('the rules', () => {
    const rule = parse(read(`${COMPONENT}/prometheusrule.yaml`)) as ConstructorParameters<typeof PrometheusRule>[0];
    expect(() => new PrometheusRule(rule).validate()).not.toThrow();
    expect(() => new PrometheusRule({ ...rule, spec: { groups: [{ name: 'x', rules: [{ alert: 'X', expr: '1', for: 'a while' }] }] } }).validate()).toThrow('pattern');
  });

  test('what is scraped: the metrics of the pods of the Deployment', () => {
    const monitor = parse(read(`${COMPONENT}/servicemonitor.yaml`)) as { metadata: object; spec: { selector: { matchLabels: Record<string, string> }; endpoints: { port: string }[] } };
    expect(() => new ServiceMonitor(monitor).validate()).not.toThrow();
    const service = parse(read(`${COMPONENT}/service.yaml`)) as { metadata: { namespace: string; labels: object }; spec: { selector: object; ports: { name: string; port: number; targetPort: string }[] } };
    const { spec } = parse(read('config/manager/deployment.yaml')) as { spec: { selector: { matchLabels: object }; template: { spec: { containers: { ports: { name: string; containerPort: number }[] }[] } } } };
    const [port] = service.spec.ports;
    expect(service.metadata.labels).toMatchObject(monitor.spec.selector.matchLabels);
    expect(monitor.spec.endpoints.map((endpoint) => endpoint.port)).toEqual([port?.name]);
    expect(service.spec.selector).toEqual(spec.selector.matchLabels);
    expect(spec.template.spec.containers[0]?.ports).toContainEqual({ name: port?.targetPort, containerPort: port?.port });
  });
});

/** What it is asked for there, of a metric's labels. */
const SERIES = /\bpacketcapture_\w+(?:\{([^}]*)\})?/g;
const SCRAPED = ['instance', 'pod'];

describe.each(ALERTS.map((alert) => [alert.name, alert] as const))('%s', (name, alert) => {
  test('asks for metrics and labels that there are', () => {
    const asked = [...alert.expr.matchAll(SERIES)].map(([series, labels = '']) => ({ metric: series.replace(/\{.*/, ''), labels: [...labels.matchAll(/(\w+)[!=]/g)].map(([, label]) => label as string) }));
    expect(asked).not.toEqual([]);
    const known = new Set<string>([...SCRAPED, 'le']);
    for (const { metric, labels } of asked) {
      const found = metricOf(metric);
      expect([metric, found?.type]).toEqual([metric, expect.any(String)]);
      const own = Object.keys(found?.labels ?? {});
      for (const label of own) known.add(label);
      expect(own).toEqual(expect.arrayContaining(labels));
    }
    const grouped = [...alert.expr.matchAll(/(?:without|by|ignoring|on) \(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(', '));
    const told = [...`${alert.summary} ${alert.description}`.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label as string);
    expect([...known]).toEqual(expect.arrayContaining([...grouped, ...told]));
  });

  test('counts with increase or rate, and what is of the installation over all replicas', () => {
    for (const [series] of alert.expr.matchAll(SERIES)) {
      const before = alert.expr.slice(0, alert.expr.indexOf(series));
      const metric = metricOf(series.replace(/\{.*/, ''));
      if (metric?.type !== 'gauge') expect(before).toMatch(/(?:increase|rate)\($/);
      if (metric?.of === 'installation') expect(before).toMatch(/(?:sum|max) without \(instance, pod[^)]*\) \(\w+\($/);
    }
  });

  test('leads to its section', () => {
    expect(read('docs/alerts.md').split('\n')).toContain(`## ${name}`);
    expect(read('examples/prometheus/packetcapture.rules.yml')).toContain(`runbook_url: ${DOCS}/alerts.md#${anchorOf(alert)}\n`);
  });
});

/** A histogram is asked for by its parts. */
function metricOf(name: string): Metric | undefined {
  const all: Readonly<Record<string, Metric>> = METRICS;
  return all[name] ?? all[name.replace(/_(?:bucket|count|sum)$/, '')];
}

describe('docs/alerts.md', () => {
  const sections = read('docs/alerts.md').split(/^## /m).slice(1);
  const ofAlerts = sections.filter((section) => section.startsWith('PacketCapture'));

  test('has no section of an alert that there is not, and has them in the order of the rules', () => {
    expect(ofAlerts.map((section) => section.split('\n')[0])).toEqual(ALERTS.map(({ name }) => name));
  });

  test.each(ofAlerts.map((section) => [section.split('\n')[0] ?? '', section] as const))('%s: says what it means, how bad it is, what to look at and what to do', (name, section) => {
    const { severity } = ALERTS.find((alert) => alert.name === name) ?? {};
    for (const part of ['**Means.**', `**How bad.** ${severity === 'critical' ? 'Critical' : 'Warning'}`, '**Look at.**', '**Do.**', '**Why these numbers.**']) expect(section).toContain(part);
  });

  test('names the files', () => {
    for (const [, path = ''] of read('docs/alerts.md').matchAll(/\]\(\.\.\/([^)#]+)\)/g)) expect([path, existsSync(new URL(path, root))]).toEqual([path, true]);
  });
});
