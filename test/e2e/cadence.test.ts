// How often a capture's status is written while packets come without a pause: what watches it, and the store behind it, pay for each.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { eventually } from '../integration/eventually.js';
import { applyCapture, CAPTURES, captureThat } from './support/captures.js';
import { cleanUp, readyDestination } from './support/destination.js';
import { apply } from './support/kubectl.js';
import { freshNamespace, NODES, pod, RECEIVER, runningPodIP, sendNumbers } from './support/workload.js';

const NS = 'e2e-cadence';
const NAME = 'busy';
const PODS = 4;
let storage: object;

afterAll(() => cleanUp(NS, 'e2e-cadence'), 240_000);

beforeAll(async () => {
  await freshNamespace(NS);
  storage = await readyDestination('e2e-cadence');
  for (let n = 0; n < PODS; n += 1) {
    const node = NODES[n % NODES.length];
    await apply(pod(NS, `receiver-${n}`, RECEIVER, { node, labels: { app: 'receiver' } }));
    await apply(pod(NS, `sender-${n}`, sendNumbers(await runningPodIP(NS, `receiver-${n}`), 9000, 1_000_000, 50), { node, spec: { restartPolicy: 'Never' } }));
  }
}, 240_000);

interface Write {
  timeMs: number;
  resourceVersion: string;
  captured: number;
}

/** Every version of the object that anybody who watches it sees. */
function watch(): { writes: Write[]; stop: () => void } {
  const writes: Write[] = [];
  const child = spawn('kubectl', ['get', CAPTURES, NAME, '-n', NS, '--watch', '-o', 'jsonpath={.metadata.resourceVersion} {.status.packets.captured}{"\\n"}'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [resourceVersion = '', captured = '0'] = line.split(' ');
      writes.push({ timeMs: Date.now(), resourceVersion, captured: Number(captured) });
    }
  });
  return { writes, stop: () => child.kill() };
}

test('the counters of four pods that are never silent cost a write in 2 s, and one in 10 s after a minute', async () => {
  await applyCapture(NS, NAME, { target: { podSelector: { matchLabels: { app: 'receiver' } } }, filter: 'udp port 9000', duration: '10m', ring: { rotateInterval: '1s' }, ...storage });
  const began = await captureThat(NS, NAME, 'all are captured and have a file in the bucket', (c) => c.status?.targets?.filter((t) => t.state === 'Capturing' && (t.files?.uploaded ?? 0) > 0).length === PODS);
  const startMs = Date.parse(began.status?.run?.captureStartTime ?? '');
  const { writes, stop } = watch();
  try {
    await eventually('two minutes of it are over', () => Date.now() - startMs > 120_000, { timeoutMs: 130_000, everyMs: 500 });
  } finally {
    stop();
  }
  const between = (fromMs: number, toMs: number): Write[] => writes.filter(({ timeMs }) => timeMs - startMs >= fromMs && timeMs - startMs < toMs);
  expect(writes.length).toBe(new Set(writes.map(({ resourceVersion }) => resourceVersion)).size);
  // The watch began within these seconds.
  const early = between(20_000, 60_000);
  expect(early.length).toBeGreaterThan(5);
  expect(early.length).toBeLessThanOrEqual(40 / 2 + 1);
  const late = between(70_000, 120_000);
  expect(late.length).toBeGreaterThanOrEqual(3);
  expect(late.length).toBeLessThanOrEqual(50 / 10 + 1);
  // None of them for nothing.
  for (const [n, write] of writes.slice(1).entries()) expect(write.captured).toBeGreaterThan(writes[n]?.captured ?? NaN);
}, 240_000);
