// Plays the scene on the sandbox while a real Prometheus scrapes the operator, and keeps its answers to the dashboard's queries: hack/dashboard/recording.json.
import { writeFile } from 'node:fs/promises';
import { ROWS } from '../../hack/dashboard/panels.js';
import { filled } from '../../hack/dashboard/promql.js';
import { lines, type Recording } from '../../hack/dashboard/recording.js';
import { eventually } from '../integration/eventually.js';
import { operatorPods } from '../prometheus/operator-pods.js';
import { startPrometheus } from '../prometheus/prometheus.js';
import { LASTS_SECONDS, play, prepare, SCENE, tidy } from './scene.js';

const PATH = 'hack/dashboard/recording.json';
const SCRAPE_SECONDS = 2;
const STEP_SECONDS = 5;
const tell = (what: string): void => void process.stdout.write(`${what}\n`);

await prepare();
const prometheus = await startPrometheus({ ...operatorPods(), scrapeIntervalMs: SCRAPE_SECONDS * 1000 });
try {
  // What comes from pods is there once before the first thing happens: counters begin at 0.
  await eventually('two replicas are scraped', async () => (await prometheus.query('packetcapture_build_info')).length === 2, { timeoutMs: 60_000, everyMs: 500 });
  const startMs = Date.now();
  await play(startMs, tell);
  const at = { startSeconds: Math.ceil(startMs / 1000), stepSeconds: STEP_SECONDS, steps: Math.floor(LASTS_SECONDS / STEP_SECONDS) };
  const range = { startSeconds: at.startSeconds, endSeconds: at.startSeconds + (at.steps - 1) * STEP_SECONDS, stepSeconds: STEP_SECONDS };
  const recording: Recording = { scene: SCENE.map(({ atSeconds, what }) => ({ atSeconds, what })), ...at, panels: {} };
  for (const panel of ROWS.flatMap(({ panels }) => panels)) {
    // As Grafana counts it: four scrapes, and no less than a step and a scrape.
    const texts = panel.queries.map(({ expr }) => filled(expr, { rateInterval: `${Math.max(4 * SCRAPE_SECONDS, STEP_SECONDS + SCRAPE_SECONDS)}s`, range: `${LASTS_SECONDS}s` }));
    recording.panels[panel.title] = lines(panel, await Promise.all(texts.map((text) => prometheus.queryRange(text, range))), at);
  }
  await writeFile(PATH, written(recording));
  tell(PATH);
} finally {
  await prometheus.stop();
  await tidy();
}

/** A line for each series. */
function written(recording: Recording): string {
  const series = new Map<string, string>();
  const text = JSON.stringify(recording, (key, value: unknown) => {
    if (key !== 'values' || !Array.isArray(value)) return value;
    const mark = `values-${series.size}`;
    series.set(mark, JSON.stringify(value));
    return mark;
  }, 1);
  return `${text.replaceAll(/"(values-\d+)"/g, (_, mark: string) => series.get(mark) ?? '')}\n`;
}
