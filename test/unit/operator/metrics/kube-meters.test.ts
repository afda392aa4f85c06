// What requests, watches and queues tell, as series.
import { expect, test } from '@jest/globals';
import { silent } from '../../../../src/kube/log.js';
import { queueMeter, requestMeter, watchMeter } from '../../../../src/operator/metrics/kube-meters.js';
import { Metrics } from '../../../../src/operator/metrics/registry.js';

const aLeader = (): Metrics => new Metrics({ leads: () => true, log: silent });
const series = async (metrics: Metrics, name: string): Promise<string[]> => (await metrics.exposition()).split('\n').filter((line) => line.startsWith(`${name}{`)).map((line) => line.slice(name.length));

test('each try of a request counts by verb and status, and says nothing of what it was about', async () => {
  const metrics = aLeader();
  const onRequest = requestMeter(metrics);
  onRequest({ verb: 'get', resource: 'pods/log', status: 200, durationMs: 30 });
  onRequest({ verb: 'get', resource: 'nodes', status: 200, durationMs: 3 });
  onRequest({ verb: 'patch', resource: 'pods', status: 0, durationMs: 30_000 });
  expect(await series(metrics, 'packetcapture_kube_requests_total')).toEqual([...['get', 'list', 'create', 'update'].map((verb) => `{verb="${verb}",code="0"} 0`), '{verb="patch",code="0"} 1', '{verb="delete",code="0"} 0', '{verb="watch",code="0"} 0', '{verb="get",code="200"} 2']);
  expect(await series(metrics, 'packetcapture_kube_request_duration_seconds_sum')).toEqual(['{verb="get"} 0.033', '{verb="patch"} 30']);
});

test('a watch that failed counts by resource; those that can fail are there from the start', async () => {
  const metrics = aLeader();
  watchMeter(metrics)('pods');
  const all = await series(metrics, 'packetcapture_watch_restarts_total');
  expect(all).toHaveLength(12);
  expect(all.filter((line) => !line.endsWith(' 0'))).toEqual(['{resource="pods"} 1']);
});

test('a queue tells its depth, durations and errors under its controller', async () => {
  const metrics = aLeader();
  const meter = queueMeter(metrics, 'download');
  meter.depth(3);
  meter.handled(250, false);
  meter.handled(750, true);
  expect(await series(metrics, 'packetcapture_workqueue_depth')).toEqual(['{controller="capture"} 0', '{controller="destination"} 0', '{controller="download"} 3', '{controller="sweep"} 0']);
  expect(await series(metrics, 'packetcapture_reconcile_errors_total')).toContain('{controller="download"} 1');
  expect(await series(metrics, 'packetcapture_reconcile_duration_seconds_sum')).toContain('{controller="download"} 1');
  expect(await series(metrics, 'packetcapture_reconcile_duration_seconds_count')).toContain('{controller="download"} 2');
});
