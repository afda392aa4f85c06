// What promtool says of rules, over series that a test makes up.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { binary } from '../../../prometheus/prometheus.js';
import { STEP, type Series } from './series.js';

export interface Scenario {
  title: string;
  series: Series;
  /** By the time since the first sample: all alerts that fire then, each once however many labels it fires for. */
  fires: Record<string, readonly string[]>;
  /** Of one alert at a time, as people read it: whole. */
  told?: { at: string; alert: string; labels: Record<string, string>; annotations: Record<string, string> };
}

/** What promtool has to say against it; empty where all is as expected. */
export async function disagreement(rules: string, scenarios: readonly Scenario[]): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'promtool-'));
  try {
    await writeFile(path.join(folder, 'rules.yaml'), rules);
    await writeFile(path.join(folder, 'test.yaml'), JSON.stringify({ rule_files: ['rules.yaml'], evaluation_interval: STEP, tests: scenarios.map(testOf) }));
    return await promtool(['test', 'rules', path.join(folder, 'test.yaml')]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What it says where it fails. */
export const promtool = (args: string[]): Promise<string> => new Promise((resolve) => execFile(binary('promtool'), args, (error, stdout, stderr) => resolve(error ? `${stdout}${stderr}` : '')));

const testOf = ({ title, series, fires, told }: Scenario): object => ({
  name: title,
  interval: STEP,
  input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
  promql_expr_test: Object.entries(fires).map(([eval_time, alerts]) => ({
    expr: 'group by (alertname) (ALERTS{alertstate="firing"})',
    eval_time,
    exp_samples: alerts.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
  })),
  ...(told && { alert_rule_test: [{ eval_time: told.at, alertname: told.alert, exp_alerts: [{ exp_labels: told.labels, exp_annotations: told.annotations }] }] }),
});
