// What the panels show while another replica takes over: nothing twice, and nothing that the one before counted again.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ROWS } from '../../../hack/dashboard/panels.js';
import { filled } from '../../../hack/dashboard/promql.js';
import { binary } from '../../prometheus/prometheus.js';

const panels = ROWS.flatMap((row) => row.panels);
const exprs = (title: string): string[] => (panels.find((panel) => panel.title === title)?.queries ?? []).map(({ expr }) => filled(expr, { rateInterval: '2m', range: '10m' }));

/** Of two replicas the first leads for ten minutes, then the other; for a scrape both say that they do. */
const replicas = (metric: string, labels: string, first: string, second: string): object[] => [
  { series: `${metric}{${labels}instance="a"}`, values: first },
  { series: `${metric}{${labels}instance="b"}`, values: second },
];
const GAUGE = ['3x10 stale', '_x9 3x10'] as const;
const COUNTER = ['0+60x10 stale', '_x9 0+60x10'] as const;
const input = [
  ...replicas('packetcapture_leader', '', '1x9 0x11', '0x9 1x11'),
  ...replicas('packetcapture_build_info', '', '1x20', '1x20'),
  ...replicas('packetcapture_captures', 'phase="Capturing",', ...GAUGE),
  ...replicas('packetcapture_pending_packets', '', ...GAUGE),
  ...replicas('packetcapture_destination_ready', 'destination="team",', '1x10 stale', '_x9 1x10'),
  ...replicas('packetcapture_spool_used_bytes', 'node="n",', ...GAUGE),
  ...replicas('packetcapture_spool_limit_bytes', 'node="n",', '6x10 stale', '_x9 6x10'),
  ...replicas('packetcapture_captured_packets_total', '', ...COUNTER),
  ...replicas('packetcapture_lost_packets_total', 'reason="SpoolFull",', ...COUNTER),
];
const MINUTES = [5, 9, 10, 12, 18];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'dashboard-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each<[title: string, query: number, labels: string, values: (minute: number) => number]>([
  ['Leaders', 0, '{}', () => 1],
  ['Replicas', 0, '{}', () => 2],
  ['Captures by phase', 0, '{phase="Capturing"}', () => 3],
  ['Packets not yet in the bucket', 0, '{}', () => 3],
  ['Destinations', 0, '{destination="team"}', () => 1],
  ['Spool used, of its limit', 0, '{node="n"}', () => 0.5],
])('%s is the same all the time', (title, query, labels, value) => {
  const tests = [{ interval: '1m', input_series: input, promql_expr_test: MINUTES.map((minute) => ({ expr: exprs(title)[query], eval_time: `${minute}m`, exp_samples: [{ labels, value: value(minute) }] })) }];
  const file = path.join(folder, `${title.replaceAll(/\W/g, '')}.yaml`);
  writeFileSync(file, JSON.stringify({ rule_files: [], evaluation_interval: '1m', tests }));
  expect(execFileSync(binary('promtool'), ['test', 'rules', file], { encoding: 'utf8' })).toContain('SUCCESS');
});

test.each([['Packets', '{}'], ['Lost packets, by reason', '{reason="SpoolFull"}']])('%s never shows more than there were, and all of them before and after', (title, labels) => {
  const [expr] = exprs(title);
  const checks = [
    ...[5, 18].map((minute) => ({ expr, eval_time: `${minute}m`, exp_samples: [{ labels, value: 1 }] })),
    ...[9, 10, 11, 12, 13].map((minute) => ({ expr: `(${expr}) > bool 2`, eval_time: `${minute}m`, exp_samples: [{ labels, value: 0 }] })),
  ];
  const file = path.join(folder, 'counters.yaml');
  writeFileSync(file, JSON.stringify({ rule_files: [], evaluation_interval: '1m', tests: [{ interval: '1m', input_series: input, promql_expr_test: checks }] }));
  expect(execFileSync(binary('promtool'), ['test', 'rules', file], { encoding: 'utf8' })).toContain('SUCCESS');
});
