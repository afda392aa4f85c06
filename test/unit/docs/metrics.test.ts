// What docs/metrics.md says of the number of series, against an operator's own.
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { silent } from '../../../src/kube/log.js';
import { METRICS, type Metric } from '../../../src/operator/metrics/catalogue.js';
import { queueMeter, requestMeter, watchMeter } from '../../../src/operator/metrics/kube-meters.js';
import { measureProcess } from '../../../src/operator/metrics/process.js';
import { Metrics } from '../../../src/operator/metrics/registry.js';

const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
const stated = (pattern: RegExp): number[] => (pattern.exec(page) ?? []).slice(1).map(Number);

test('the bound on series is what a leader shows, and one more for each node, destination and status', async () => {
  const metrics = new Metrics({ leads: () => true, log: silent });
  measureProcess(metrics, '1.2.3');
  watchMeter(metrics);
  const onRequest = requestMeter(metrics);
  queueMeter(metrics, 'capture').handled(1, true);
  const series = async (): Promise<string[]> => (await metrics.exposition()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const of = async (kind: Metric['of']): Promise<number> => (await series()).filter((line) => Object.entries(METRICS).some(([name, metric]) => metric.of === kind && new RegExp(`^${name}(_bucket|_sum|_count)?[ {]`).test(line))).length;

  const [fixed = NaN, ofNode = NaN] = stated(/^of the installation +(\d+) \+ (\d+) × N \+ D$/m);
  expect(await of('installation')).toBe(fixed);
  for (const policy of ['Continuous', 'OnDemand'] as const) {
    metrics.set('packetcapture_spool_used_bytes', 1, { node: 'a', policy });
    metrics.set('packetcapture_spool_limit_bytes', 1, { node: 'a', policy });
  }
  metrics.set('packetcapture_destination_ready', 1, { destination: 'a' });
  expect(await of('installation')).toBe(fixed + ofNode + 1);

  const [alone = NaN, watched = NaN, verbs = NaN, ofVerb = NaN, ofProcess = NaN] = stated(/^of each replica +(\d+) \+ 1 build \+ (\d+) watched resources \+ (\d+) verbs × \((\d+) \+ HTTP statuses that came\) \+ at most (\d+) of the process$/m);
  const before = await of('replica');
  expect(before).toBe(alone + 1 + watched + verbs);
  onRequest({ verb: 'get', resource: 'pods', status: 200, durationMs: 1 });
  expect(await of('replica')).toBe(before + ofVerb + 1);
  expect((await series()).filter((line) => !line.startsWith('packetcapture_')).length).toBeLessThanOrEqual(ofProcess);
});
