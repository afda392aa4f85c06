// Figure 9: what the operator takes for captures by the hundred and thousand, in time, writes, memory and processor.
import type { Bench, Comparison, Figure } from '../framework/figure.js';
import { eventually } from '../../integration/eventually.js';
import { inTurn } from '../framework/rounds.js';
import { burst, type Burst } from '../support/alone/captures.js';
import { startCluster, type Cluster } from '../support/alone/cluster.js';
import { cpuPercent, residentMB } from '../support/alone/process-use.js';

const [FEW, TWICE] = [50, 100];
const SHORT_SECONDS = 5;
/** Each the double of the one before: what doubles the work is to double the time, or less. */
const RANGE = [500, 1000, 2000] as const;
const LONG_SECONDS = 120;
const IDLE_SAMPLES = 5;
const IDLE_SECONDS = 6;
/** It still looks at captures whose Jobs were collected while it is above this. */
const AT_REST_PERCENT = 10;

type Size = 'few' | 'more' | 'most';
interface Whole extends Burst {
  emptyMB: number;
}

/** An API server and an operator of its own for each, so that none inherits anything. */
async function fresh<T>(use: (cluster: Cluster, operator: { pid: number }) => Promise<T>): Promise<T> {
  const cluster = await startCluster();
  try {
    return await use(cluster, await cluster.startOperator());
  } finally {
    await cluster.stop();
  }
}

const whole = (count: number, seconds: number, after: (cluster: Cluster, operator: { pid: number }) => Promise<void> = () => Promise.resolve()): Promise<Whole> =>
  fresh(async (cluster, operator) => {
    const emptyMB = residentMB(operator.pid);
    const result = await burst(cluster, operator, count, seconds);
    await after(cluster, operator);
    return { ...result, emptyMB };
  });

async function measure(bench: Bench): Promise<Comparison[]> {
  const each = await inTurn(bench, {
    few: async () => (await whole(FEW, SHORT_SECONDS)).seconds / FEW,
    twice: async () => (await whole(TWICE, SHORT_SECONDS)).seconds / TWICE,
  });
  const range: Record<Size, Whole[]> = { few: [], more: [], most: [] };
  const idle: number[] = [];
  const ofRange = (size: Size, count: number) => async (round: number): Promise<number> => {
    const isLast = size === 'most' && round === bench.rounds - 1;
    const result = await whole(count, LONG_SECONDS, isLast ? async (cluster, operator) => void idle.push(...(await idlePercent(cluster, operator))) : undefined);
    bench.say(`  ${count}: ${result.seconds.toFixed(1)} s, ${result.writes.toFixed(1)} writes each ${JSON.stringify(result.writesBy)}, ${result.peakMB.toFixed(0)} MB`);
    range[size].push(result);
    return result.seconds;
  };
  await inTurn(bench, { few: ofRange('few', RANGE[0]), more: ofRange('more', RANGE[1]), most: ofRange('most', RANGE[2]) });
  return comparisons(each, range, idle);
}

async function idlePercent(cluster: Cluster, operator: { pid: number }): Promise<number[]> {
  await cluster.settled();
  await eventually('the operator has nothing to do', async () => (await cpuPercent(operator.pid, 2)) < AT_REST_PERCENT, { timeoutMs: 120_000, everyMs: 0 });
  const samples: number[] = [];
  while (samples.length < IDLE_SAMPLES) samples.push(await cpuPercent(operator.pid, IDLE_SECONDS));
  return samples;
}

function comparisons(each: { few: number[]; twice: number[] }, { few, more, most }: Record<Size, Whole[]>, idle: number[]): Comparison[] {
  const seconds = (range: Whole[], of = 1): number[] => range.map((one) => one.seconds / of);
  const peakMB = (range: Whole[]): number[] => range.map((one) => one.peakMB);
  const value = (id: string, ours: string, unit: Comparison['unit'], samples: number[], rest: Partial<Comparison> = {}): Comparison => ({ id, ours, theirs: '', unit, samples: { ours: samples, theirs: [] }, as: 'value', better: 'less', limits: {}, margin: 0.25, ...rest });
  const slope = (id: string, ours: string, theirs: string, unit: Comparison['unit'], samples: Comparison['samples'], must: number): Comparison => ({ id, ours, theirs, unit, samples, as: 'ratio', better: 'less', limits: { must }, margin: 0.35 });
  const first = few.map((one) => (one.peakMB - one.emptyMB) / RANGE[0]);
  const last = most.map((one, round) => (one.peakMB - (more[round]?.peakMB ?? NaN)) / (RANGE[2] - RANGE[1]));
  return [
    slope('captures-time-slope', `time of each of ${TWICE} captures beyond its own ${SHORT_SECONDS} s`, `of each of ${FEW}`, 's', { ours: each.twice, theirs: each.few }, 1.1),
    slope('captures-time-slope-1000', `time of each of 1,000 captures beyond its own ${LONG_SECONDS} s`, 'of each of 500', 's', { ours: seconds(more, RANGE[1]), theirs: seconds(few, RANGE[0]) }, 1.1),
    slope('captures-time-slope-2000', `time of each of 2,000 captures beyond its own ${LONG_SECONDS} s`, 'of each of 1,000', 's', { ours: seconds(most, RANGE[2]), theirs: seconds(more, RANGE[1]) }, 1.1),
    value('captures-time-500', 'from creating 500 until the last is Complete, beyond their two minutes', 's', seconds(few)),
    value('captures-time-1000', 'the same, 1,000 captures', 's', seconds(more)),
    value('captures-time-2000', 'the same, 2,000 captures', 's', seconds(most)),
    value('captures-writes', 'API writes for each of 2,000 captures of two minutes', 'writes', most.map(({ writes }) => writes), { limits: { must: 30, goal: 15 }, margin: 0.15 }),
    value('captures-memory-0', 'operator resident without captures', 'MB', [few, more, most].flatMap((range) => range.map((one) => one.emptyMB))),
    value('captures-memory-500', 'operator resident at its peak, 500 captures', 'MB', peakMB(few)),
    value('captures-memory-1000', 'the same, 1,000 captures', 'MB', peakMB(more)),
    value('captures-memory-2000', 'the same, 2,000 captures', 'MB', peakMB(most), { limits: { must: 250, goal: 150 } }),
    slope('captures-memory-slope', 'memory of each capture from the 1,000th to the 2,000th', 'of each of the first 500', 'MB', { ours: last, theirs: first }, 1),
    value('captures-cpu-idle', 'processor of the operator, all 2,000 Complete and kept', '% of a core', idle, { limits: { goal: 1 }, margin: 1 }),
  ];
}

export const captures: Figure = {
  number: 9,
  name: 'captures',
  title: 'The operator alone: captures by the thousand',
  method: [
    'A real API server with its etcd, the real Job and garbage collecting controllers, and one operator as a process with the rights that it has installed; 20 nodes, 20 namespaces and 100 pods to capture are objects alone.',
    'One process stands in for scheduler, kubelets and agents: it binds and runs the pods of the Jobs, answers pods/log with the lines that an agent writes in 16 s (100 packets/s, a file each 10 s), and ends each after its duration, with its termination message. All of it shares the machine with the operator.',
    'Captures are created 32 at a time; --max-captures-per-namespace=0 and --max-captures-per-node=0 keep them from waiting in the queue.',
    `The rounds take ${FEW} and ${TWICE} captures of ${SHORT_SECONDS} s; of the whole range 500, 1,000 and 2,000 captures of ${LONG_SECONDS} s. Each begins with an API server and an operator of its own. Linear is what takes twice the captures no more than twice the time, at both doublings; a tenth is allowed for what medians of so few runs differ by.`,
    "Writes are those in the API server's audit log until the last capture is Complete: record, finalizer, Secret, Job, control, status and Events of each; not the Lease, not the destination's status, and not what collects the Job a minute later (4 more). Memory is the most that was ever resident (VmHWM). Idle begins when all Jobs are collected and the operator has looked at that.",
  ].join(' '),
  measure,
};
