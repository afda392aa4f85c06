// Names, units and labels by Prometheus' rules (https://prometheus.io/docs/practices/naming/), and how many series there can be.
import { expect, test } from '@jest/globals';
import { METRICS, type Metric } from '../../../../src/operator/metrics/catalogue.js';

const all = Object.entries(METRICS) as [string, Metric][];

test.each(all)('%s is named by the rules', (name, { type, help, labels = {}, buckets = [] }) => {
  expect(name).toMatch(/^packetcapture(_[a-z]+)+$/);
  expect(name.endsWith('_total')).toBe(type === 'counter');
  // Base units, whole words, and neither a type nor a reserved ending in the name.
  expect(name).not.toMatch(/_(milliseconds|ms|minutes|hours|days|kilobytes|megabytes|bits|percent)(_|$)/);
  expect(name).not.toMatch(/_(counter|gauge|histogram|summary|count|sum|bucket)$/);
  expect(type === 'histogram').toBe(/_duration_seconds$/.test(name));
  expect(help).toMatch(/^\S.*\.$/);
  for (const label of Object.keys(labels)) {
    expect(label).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(['le', 'quantile', 'job', 'instance', 'namespace', 'pod', 'container', 'service', 'endpoint']).not.toContain(label);
    expect(name).not.toContain(`_by_${label}`);
  }
  expect([...buckets].sort((a, b) => a - b)).toEqual(buckets);
});

test('no label can hold what a tenant wrote: values are closed, or name nodes, destinations, builds and parts of the API', () => {
  const open = all.flatMap(([, { labels = {} }]) => Object.entries(labels).flatMap(([label, values]) => (values === 'open' ? [label] : [])));
  expect([...new Set(open)].sort()).toEqual(['code', 'destination', 'node', 'node_version', 'resource', 'verb', 'version']);
});
