// A real Prometheus for a test: on loopback, with a folder of its own, scraping what the test names and judging the rules that it is given.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Daemon } from '../integration/api-server/daemon.js';

export interface Sample {
  /** With `__name__`, where the query left it. */
  metric: Record<string, string>;
  value: number;
}

export interface Series {
  metric: Record<string, string>;
  /** Unix time in seconds, and the value then. */
  points: [number, number][];
}

export interface Alert {
  name: string;
  state: 'pending' | 'firing';
  labels: Record<string, string>;
  annotations: Record<string, string>;
  activeAt: string;
}

export interface Prometheus {
  url: string;
  /** Now, or at a Unix time in seconds. */
  query(promql: string, atSeconds?: number): Promise<Sample[]>;
  queryRange(promql: string, range: { startSeconds: number; endSeconds: number; stepSeconds: number }): Promise<Series[]>;
  /** Those that are pending or fire. */
  alerts(): Promise<Alert[]>;
  /** Names of all alerts that have fired since then (ms since the epoch), sorted. */
  firedSince(timeMs: number): Promise<string[]>;
  /** Health of each scraped URL, as Prometheus sees it. */
  targets(): Promise<{ url: string; health: 'up' | 'down' | 'unknown'; lastError: string }[]>;
  stop(): Promise<void>;
}

export interface TargetGroup {
  /** Each `host:port`. */
  targets: string[];
  labels?: Record<string, string>;
}

export interface PrometheusOptions {
  /** What it scrapes as job `packetcapture-operator`; a function is asked each second. For the deployed operator: `operatorPods`. */
  targets: TargetGroup[] | (() => Promise<TargetGroup[]>);
  /** Of Prometheus' scrape configuration: scheme, TLS. */
  scrape?: object;
  /** A rule file's text. */
  rules?: string;
  /** Of scrapes, and of the rules' evaluation. */
  scrapeIntervalMs?: number;
  /** What `scrape` names: text by file name, in Prometheus' own folder. */
  files?: Record<string, string>;
}

const REFRESH_MS = 1000;

let folderOfBinaries: string | undefined;
/** `prometheus` or `promtool`. */
export function binary(name: 'prometheus' | 'promtool'): string {
  folderOfBinaries ??= execFileSync(new URL('../../hack/test/prometheus-folder', import.meta.url).pathname, { encoding: 'utf8' }).trim();
  return path.join(folderOfBinaries, name);
}

export async function startPrometheus({ targets, scrape = {}, rules, scrapeIntervalMs = 500, files = {} }: PrometheusOptions): Promise<Prometheus> {
  const folder = await mkdtemp(path.join(tmpdir(), 'prometheus-'));
  const interval = `${scrapeIntervalMs}ms`;
  const config = {
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    ...(rules !== undefined && { rule_files: ['rules.yaml'] }),
    scrape_configs: [{ job_name: 'packetcapture-operator', ...scrape, file_sd_configs: [{ files: ['targets.json'] }] }],
  };
  // JSON is YAML too.
  const texts = { ...files, 'prometheus.yml': JSON.stringify(config), ...(rules !== undefined && { 'rules.yaml': rules }) };
  for (const [name, text] of Object.entries(texts)) await writeFile(path.join(folder, name), text, { mode: 0o600 });
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const daemon = new Daemon(binary('prometheus'), [`--config.file=${path.join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${path.join(folder, 'data')}`, `--web.listen-address=${address}`], folder);

  async function ask<T>(asked: string, parameters: Record<string, string> = {}): Promise<T> {
    const response = await fetch(`${url}/api/v1/${asked}?${new URLSearchParams(parameters).toString()}`, { signal: AbortSignal.timeout(10_000) });
    const { status, data, error } = (await response.json()) as { status: string; data: T; error?: string };
    if (status !== 'success') throw new Error(`${parameters['query'] ?? asked}: ${error}`);
    return data;
  }
  let written = '';
  async function findTargets(): Promise<void> {
    const text = JSON.stringify(typeof targets === 'function' ? await targets() : targets);
    if (text === written) return;
    // Moved into place: Prometheus reads it as soon as it changes.
    await writeFile(path.join(folder, 'targets.new'), text);
    await rename(path.join(folder, 'targets.new'), path.join(folder, 'targets.json'));
    written = text;
  }
  const stopping = new AbortController();
  async function follow(): Promise<void> {
    while (!stopping.signal.aborted) {
      // What can not be asked now is asked again; those that were found stay.
      await findTargets().catch(() => undefined);
      await pause(REFRESH_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }
  let following: Promise<void> = Promise.resolve();
  async function stop(): Promise<void> {
    stopping.abort();
    await following;
    await daemon.stop();
    await rm(folder, { recursive: true, force: true });
  }

  try {
    await findTargets();
    if (typeof targets === 'function') following = follow();
    daemon.start();
    await daemon.until('ready', async () => (await fetch(`${url}/-/ready`)).ok);
  } catch (error) {
    await stop();
    throw error;
  }
  async function query(promql: string, atSeconds?: number): Promise<Sample[]> {
    const { result } = await ask<{ result: { metric: Record<string, string>; value: [number, string] }[] }>('query', { query: promql, ...(atSeconds !== undefined && { time: String(atSeconds) }) });
    return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  }
  return {
    url,
    query,
    async firedSince(timeMs) {
      const found = await query(`group by (alertname) (last_over_time(ALERTS{alertstate="firing"}[${Math.ceil(Math.max(1, Date.now() - timeMs))}ms]))`);
      return found.map(({ metric }) => metric['alertname'] ?? '').sort();
    },
    async queryRange(query, { startSeconds, endSeconds, stepSeconds }) {
      const { result } = await ask<{ result: { metric: Record<string, string>; values: [number, string][] }[] }>('query_range', { query, start: String(startSeconds), end: String(endSeconds), step: String(stepSeconds) });
      return result.map(({ metric, values }) => ({ metric, points: values.map(([at, value]) => [at, Number(value)]) }));
    },
    async alerts() {
      const { alerts } = await ask<{ alerts: (Omit<Alert, 'name'> & { labels: { alertname: string } })[] }>('alerts');
      return alerts.map((alert) => ({ ...alert, name: alert.labels.alertname }));
    },
    async targets() {
      const { activeTargets } = await ask<{ activeTargets: { scrapeUrl: string; health: 'up' | 'down' | 'unknown'; lastError: string }[] }>('targets');
      return activeTargets.map(({ scrapeUrl, health, lastError }) => ({ url: scrapeUrl, health, lastError }));
    },
    stop,
  };
}

/** Free a moment ago: not every program can say which one it took. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
