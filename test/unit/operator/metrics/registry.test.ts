// The instruments as Prometheus reads them: there from the start, at 0, and what is the installation's only where somebody leads.
import { expect, test } from '@jest/globals';
import { silent } from '../../../../src/kube/log.js';
import { METRICS, type Metric } from '../../../../src/operator/metrics/catalogue.js';
import { measureProcess } from '../../../../src/operator/metrics/process.js';
import { Metrics } from '../../../../src/operator/metrics/registry.js';

const aLeader = (): Metrics => new Metrics({ leads: () => true, log: silent });
const lines = async (metrics: Metrics, name: string): Promise<string[]> => (await metrics.exposition()).split('\n').filter((line) => new RegExp(`^${name}(_bucket|_sum|_count)?[ {]`).test(line));
const all = Object.entries(METRICS) as [keyof typeof METRICS, Metric][];

test('a leader shows each metric of the catalogue, with its help and its type', async () => {
  const text = await aLeader().exposition();
  for (const [name, { help, type }] of all) expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`);
});

test('a standby shows what is of a replica, and nothing of the installation', async () => {
  const text = await new Metrics({ leads: () => false, log: silent }).exposition();
  for (const [name, { of }] of all) expect([name, text.includes(`# TYPE ${name} `)]).toEqual([name, of === 'replica']);
});

test('who leads is asked at each scrape', async () => {
  let leads = false;
  const metrics = new Metrics({ leads: () => leads, log: silent });
  expect(await lines(metrics, 'packetcapture_leader')).toEqual(['packetcapture_leader 0']);
  leads = true;
  expect(await lines(metrics, 'packetcapture_leader')).toEqual(['packetcapture_leader 1']);
  expect(await lines(metrics, 'packetcapture_captures_queued')).toEqual(['packetcapture_captures_queued 0']);
});

test('every series whose labels can be said beforehand is there at 0, so that rate() sees its first event', async () => {
  const text = await aLeader().exposition();
  for (const [name, { labels = {}, type }] of all) {
    if (name === 'packetcapture_leader') continue;
    const isOpen = Object.values(labels).includes('open');
    const sets = isOpen ? [] : Object.entries(labels).flatMap(([label, values]) => (values as readonly string[]).map((value) => `{${label}="${value}"}`));
    for (const set of Object.keys(labels).length === 0 ? [''] : sets) expect(text).toContain(`\n${name}${type === 'histogram' ? '_count' : ''}${set} 0\n`);
    if (isOpen) expect(await lines(aLeader(), name)).toEqual([]);
  }
});

test('counts, sets, observes', async () => {
  const metrics = aLeader();
  metrics.add('packetcapture_lost_packets_total', 3, { reason: 'Other' });
  metrics.add('packetcapture_lost_packets_total', 4, { reason: 'Other' });
  metrics.set('packetcapture_spool_used_bytes', 5, { node: 'a', policy: 'OnDemand' });
  metrics.observe('packetcapture_reconcile_duration_seconds', 0.2, { controller: 'capture' });
  metrics.observe('packetcapture_run_start_duration_seconds', 400);
  expect(await lines(metrics, 'packetcapture_lost_packets_total')).toContain('packetcapture_lost_packets_total{reason="Other"} 7');
  expect(await lines(metrics, 'packetcapture_spool_used_bytes')).toEqual(['packetcapture_spool_used_bytes{node="a",policy="OnDemand"} 5']);
  const durations = await lines(metrics, 'packetcapture_reconcile_duration_seconds');
  expect(durations).toEqual(expect.arrayContaining(['packetcapture_reconcile_duration_seconds_bucket{le="0.1",controller="capture"} 0', 'packetcapture_reconcile_duration_seconds_bucket{le="0.25",controller="capture"} 1']));
  expect(durations).toEqual(expect.arrayContaining(['packetcapture_reconcile_duration_seconds_sum{controller="capture"} 0.2', 'packetcapture_reconcile_duration_seconds_count{controller="sweep"} 0']));
  expect(await lines(metrics, 'packetcapture_run_start_duration_seconds')).toEqual(expect.arrayContaining(['packetcapture_run_start_duration_seconds_bucket{le="300"} 0', 'packetcapture_run_start_duration_seconds_bucket{le="+Inf"} 1']));
});

test('what is no number is left out, and a counter never falls', async () => {
  const metrics = aLeader();
  metrics.add('packetcapture_gaps_total', 2);
  for (const n of [-1, 0, NaN, Infinity]) metrics.add('packetcapture_gaps_total', n);
  metrics.set('packetcapture_pending_bytes', 7);
  for (const n of [NaN, Infinity]) metrics.set('packetcapture_pending_bytes', n);
  for (const n of [-1, NaN, Infinity]) metrics.observe('packetcapture_run_start_duration_seconds', n);
  expect(await lines(metrics, 'packetcapture_gaps_total')).toEqual(['packetcapture_gaps_total 2']);
  expect(await lines(metrics, 'packetcapture_pending_bytes')).toEqual(['packetcapture_pending_bytes 7']);
  expect(await lines(metrics, 'packetcapture_run_start_duration_seconds')).toContain('packetcapture_run_start_duration_seconds_count 0');
});

test('observations that others counted are added up, those of more bounds than are known among the last', async () => {
  const metrics = aLeader();
  metrics.addObservations('packetcapture_upload_duration_seconds', [1, 0, 2], 0.7);
  metrics.addObservations('packetcapture_upload_duration_seconds', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1], 900);
  metrics.addObservations('packetcapture_upload_duration_seconds', [NaN, -5], NaN);
  const upload = await lines(metrics, 'packetcapture_upload_duration_seconds');
  expect(upload).toEqual(['0.05 1', '0.1 1', '0.25 3', '0.5 3', '1 3', '2.5 3', '5 3', '10 3', '30 3', '60 3', '300 3', '+Inf 5'].map((line) => `packetcapture_upload_duration_seconds_bucket{le="${line.replace(' ', '"} ')}`).concat(['packetcapture_upload_duration_seconds_sum 900.7', 'packetcapture_upload_duration_seconds_count 5']));
});

test('a gauge is forgotten but for what is known beforehand', async () => {
  const metrics = aLeader();
  metrics.set('packetcapture_spool_used_bytes', 5, { node: 'a', policy: 'OnDemand' });
  metrics.set('packetcapture_captures', 5, { phase: 'Failed' });
  metrics.reset('packetcapture_spool_used_bytes');
  metrics.reset('packetcapture_captures');
  expect(await lines(metrics, 'packetcapture_spool_used_bytes')).toEqual([]);
  expect(await lines(metrics, 'packetcapture_captures')).toContain('packetcapture_captures{phase="Failed"} 0');
});

test('a collector that throws takes nothing else away', async () => {
  const said: unknown[] = [];
  const metrics = new Metrics({ leads: () => true, log: { ...silent, error: (_fields, message) => said.push(message) } });
  metrics.beforeScrape(() => {
    throw new Error('no');
  });
  metrics.beforeScrape(() => metrics.set('packetcapture_captures_queued', 3));
  expect(await lines(metrics, 'packetcapture_captures_queued')).toEqual(['packetcapture_captures_queued 3']);
  expect(said).toEqual(['a metric could not be collected']);
});

test('the process tells its build, its memory and its event loop', async () => {
  const metrics = new Metrics({ leads: () => false, log: silent });
  measureProcess(metrics, '1.2.3');
  expect(await lines(metrics, 'packetcapture_build_info')).toEqual([`packetcapture_build_info{version="1.2.3",node_version="${process.version}"} 1`]);
  for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'process_open_fds', 'process_max_fds', 'process_start_time_seconds', 'nodejs_eventloop_lag_seconds', 'nodejs_heap_size_used_bytes']) expect(await lines(metrics, name)).toHaveLength(1);
});
