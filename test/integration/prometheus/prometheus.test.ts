// The Prometheus that other tests use: it scrapes what they name, answers their queries, and judges rules.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startPrometheus, type Prometheus } from '../../prometheus/prometheus.js';
import { eventually } from '../eventually.js';

let failures = 0;
let server: Server;
let prometheus: Prometheus;
const rules = JSON.stringify({ groups: [{ name: 'test', rules: [{ alert: 'Failing', expr: 'packetcapture_failures_total > 2', labels: { severity: 'warning' }, annotations: { summary: '{{ $value }} failures' } }] }] });

beforeAll(async () => {
  server = createServer((_, response) => response.end(`packetcapture_failures_total ${failures}\n`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  prometheus = await startPrometheus({ targets: [{ targets: [`127.0.0.1:${(server.address() as AddressInfo).port}`] }], rules, scrapeIntervalMs: 200 });
}, 90_000);
afterAll(async () => {
  await prometheus?.stop();
  server.closeAllConnections();
  server.close();
});

test('it scrapes, answers, and fires once the rule holds', async () => {
  expect((await eventually('it scraped', async () => (await prometheus.query('packetcapture_failures_total'))[0])).value).toBe(0);
  expect(await prometheus.alerts()).toEqual([]);
  expect(await prometheus.targets()).toMatchObject([{ health: 'up' }]);
  failures = 3;
  const alert = await eventually('it fires', async () => (await prometheus.alerts()).find(({ state }) => state === 'firing'));
  expect(alert).toMatchObject({ name: 'Failing', labels: { severity: 'warning' }, annotations: { summary: '3 failures' } });
  const now = Date.now() / 1000;
  const [series] = await prometheus.queryRange('packetcapture_failures_total', { startSeconds: now - 60, endSeconds: now, stepSeconds: 1 });
  expect(series?.points.at(-1)?.[1]).toBe(3);
});
