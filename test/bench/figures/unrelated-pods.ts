// Figure 10: whether pods that nobody captures cost the operator memory.
import type { Bench, Comparison, Figure } from '../framework/figure.js';
import { inTurn } from '../framework/rounds.js';
import { burst } from '../support/alone/captures.js';
import { startCluster, type Cluster } from '../support/alone/cluster.js';

const PODS = 20_000;
const CAPTURES = 200;
const SECONDS = 5;

/** The most that an operator of its own ever took for a burst of captures; they are gone after that. */
async function peakOf(cluster: Cluster): Promise<number> {
  const operator = await cluster.startOperator();
  try {
    const { peakMB } = await burst(cluster, operator, CAPTURES, SECONDS);
    await cluster.removeCaptures();
    return peakMB;
  } finally {
    await operator.stop();
  }
}

async function measure(bench: Bench): Promise<Comparison[]> {
  const clusters: Cluster[] = [];
  try {
    const without = await startCluster();
    clusters.push(without);
    const beside = await startCluster();
    clusters.push(beside);
    await beside.addUnrelatedPods(PODS);
    const { ours, theirs } = await inTurn(bench, { ours: () => peakOf(beside), theirs: () => peakOf(without) });
    return [{ id: 'unrelated-pods-memory', ours: `operator's peak, ${CAPTURES} captures among ${PODS.toLocaleString('en')} pods of others`, theirs: 'the same without those', unit: 'MB', samples: { ours, theirs }, as: 'ratio', better: 'less', limits: { must: 1.05, goal: 1 }, margin: 0.05 }];
  } finally {
    await Promise.all(clusters.map((cluster) => cluster.stop()));
  }
}

export const unrelatedPods: Figure = {
  number: 10,
  name: 'unrelated-pods',
  title: 'The operator alone: pods that nobody captures',
  method: `As figure 9, on two API servers side by side: one has ${PODS.toLocaleString('en')} pods more, half of them in the 20 namespaces of the captures, half in 20 others. Each round ${CAPTURES} captures of ${SECONDS} s are created at once, with an operator begun for them alone; then they are removed.`,
  measure,
};
