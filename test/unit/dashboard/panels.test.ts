// The dashboard as it is committed: asks only for metrics and labels that there are, each in the way that its type and two replicas want.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Dashboard, Panel } from '@grafana/schema';
import { parse } from 'yaml';
import { ALERT_LEVELS } from '../../../hack/dashboard/alert-levels.js';
import { labelsOfLegend, namedIn } from '../../../hack/dashboard/promql.js';
import { METRICS, type Metric, type MetricName } from '../../../src/operator/metrics/catalogue.js';

interface Target {
  expr: string;
  legendFormat: string;
  datasource: { uid: string };
}
const dashboard = JSON.parse(readFileSync(new URL('../../../config/components/grafana/packetcapture.json', import.meta.url), 'utf8')) as Dashboard;
const panels = (dashboard.panels ?? []).filter((panel): panel is Panel => panel.type !== 'row');
const targets = panels.flatMap((panel) => (panel.targets as unknown as Target[]).map((target) => [`${panel.title}: ${target.legendFormat}`, target] as const));

/** Made by prom-client of its own process, and by Prometheus of its rules. Every scrape adds job and instance, one of Kubernetes' pods their names as well. */
const OF_OTHERS = ['process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds', 'ALERTS'];
const OF_THE_SCRAPE = ['job', 'instance', 'pod'];
const OF_ALERTS = ['alertname', 'alertstate'];

const metric = (name: string): Metric | undefined => METRICS[name.replace(/_(?:bucket|count|sum)$/, '') as MetricName] ?? METRICS[name as MetricName];

describe.each(targets)('%s', (_, { expr, legendFormat, datasource }) => {
  const { metrics, labels } = namedIn(expr);
  const ours = metrics.filter((name) => !OF_OTHERS.includes(name));

  test('names metrics of the catalogue, and their labels', () => {
    expect(metrics.length).toBeGreaterThan(0);
    expect(ours.filter((name) => metric(name) === undefined)).toEqual([]);
    const known = [...OF_THE_SCRAPE, ...(metrics.includes('ALERTS') ? OF_ALERTS : []), ...ours.flatMap((name) => [...Object.keys(metric(name)?.labels ?? {}), ...(metric(name)?.type === 'histogram' ? ['le'] : [])])];
    expect([...labels, ...labelsOfLegend(legendFormat)].filter((label) => !known.includes(label))).toEqual([]);
  });

  test('sums how fast counters grow, and takes a gauge of the installation once', () => {
    for (const name of ours) {
      const { type, of } = metric(name) as Metric;
      const grows = new RegExp(`sum(?: by \\([a-z, ]+\\))? \\((?:rate|increase)\\(${name}\\[`).test(expr.replaceAll('sum(', 'sum ('));
      const once = new RegExp(`max(?: by \\([a-z, ]+\\))? \\(${name}\\)`).test(expr);
      expect([name, grows, once]).toEqual([name, type !== 'gauge', type === 'gauge' && of === 'installation']);
      if (type === 'histogram') expect(name).toMatch(/_(?:bucket|count|sum)$/);
    }
  });

  test('groups by what its legend says, and by nothing else', () => {
    const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(',').map((label) => label.trim())).filter((label) => label !== 'le');
    expect([...new Set(grouped)]).toEqual(labelsOfLegend(legendFormat).filter((label) => !OF_THE_SCRAPE.includes(label)));
  });

  test('asks the Prometheus that was chosen', () => {
    expect(datasource.uid).toBe('${datasource}');
  });
});

test.each(panels.map((panel) => [panel.title, panel] as const))('%s has a unit, and says what is normal', (_, { description, fieldConfig }) => {
  expect(description).toMatch(/.{30,}\.$/);
  expect(fieldConfig?.defaults.unit).toMatch(/^(?:none|s|percentunit|bytes|Bps|pps|reqps)$/);
});

test('no panel lies over another, and each has an id of its own', () => {
  const cells = (dashboard.panels ?? []).flatMap(({ gridPos, id }) => {
    const { x, y, w, h } = gridPos as { x: number; y: number; w: number; h: number };
    expect(x + w).toBeLessThanOrEqual(24);
    return Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}:${id}`);
  });
  expect(new Set(cells.map((cell) => cell.split(':')[0])).size).toBe(cells.length);
  expect(new Set((dashboard.panels ?? []).map(({ id }) => id)).size).toBe(dashboard.panels?.length);
});

test('it needs no plugin: panels that every Grafana from 9 on has', () => {
  expect([...new Set(panels.map(({ type }) => type))].toSorted()).toEqual(['stat', 'state-timeline', 'timeseries']);
});

test.each([['PacketCaptureSpoolFilling', ALERT_LEVELS.spool], ['PacketCaptureStartsSlow', ALERT_LEVELS.start]])('the dashed line is where %s fires', (alert, levels) => {
  const { spec } = parse(readFileSync(new URL('../../../config/components/prometheus/prometheusrule.yaml', import.meta.url), 'utf8')) as { spec: { groups: { rules: { alert: string; expr: string }[] }[] } };
  const rule = spec.groups.flatMap(({ rules }) => rules).find((r) => r.alert === alert);
  expect(rule?.expr).toMatch(new RegExp(`> ${levels.at(-1)?.from}(?:\\s|$)`));
});
