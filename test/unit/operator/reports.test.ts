import { describe, expect, test } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { silent } from '../../../src/kube/log.js';
import { Reports } from '../../../src/operator/reports.js';
import { emptyLedger } from '../../../src/protocol/ledger.js';
import { REPORT_TAG } from '../../../src/protocol/report.js';
import type { ContainerState, PodObject } from '../../../src/plan/objects.js';

const line = (number: number, recentFiles: object[] = [], over: object = {}): string =>
  JSON.stringify({ report: REPORT_TAG, version: 1, runID: 'r', node: 'n', podUID: 'p', attempt: 1, number, time: 't', spool: 's', phase: 'Capturing', ledger: emptyLedger(), gaps: { count: 0, seconds: 0 }, recentFiles, done: false, ...over });
const pod = (state: ContainerState): PodObject => ({
  metadata: { name: 'agent', namespace: 'jobs', uid: 'p', labels: { 'packetcapture.dev/capture-uid': 'c' } },
  spec: {},
  status: { containerStatuses: [{ name: 'agent', state }] },
});
const running = pod({ running: {} });
const ended = pod({ terminated: { exitCode: 0, message: line(7) } });

/** Looks once a second for so long; `answer` is the pod's log. */
function watch(answer: () => string) {
  const counter = { now: 0, reads: 0 };
  const podLog = (): Promise<string> => {
    counter.reads += 1;
    return Promise.resolve().then(answer);
  };
  const reports = new Reports({ podLog }, silent, () => counter.now);
  const look = async (at: PodObject, seconds: number): Promise<void> => {
    for (let n = 0; n < seconds; n += 1) {
      await reports.refresh(at, 'r');
      counter.now += 1000;
    }
  };
  return { reports, counter, look };
}
const broken = (): string => {
  throw new Error('dial tcp: i/o timeout');
};

describe('reports', () => {
  test('are read once a second while the agent runs', async () => {
    const { counter, look, reports } = watch(() => line(3));
    await look(running, 60);
    expect([counter.reads, reports.get('p')?.number]).toEqual([60, 3]);
  });

  test('of a node that does not answer are asked for ever more seldom', async () => {
    const { counter, look } = watch(broken);
    await look(running, 300);
    expect(counter.reads).toBeLessThan(20);
  });

  test('are read every second again once the node answers', async () => {
    let words = broken;
    const { counter, look } = watch(() => words());
    await look(running, 300);
    words = () => line(3);
    await look(running, 31);
    const before = counter.reads;
    await look(running, 10);
    expect(counter.reads - before).toBe(10);
  });

  test('that could not be read when the agent ended are read later', async () => {
    let words = broken;
    const { look, reports } = watch(() => words());
    await look(ended, 1);
    expect(reports.get('p')?.recentFiles).toEqual([]);
    words = () => line(7, [{ key: 'k', target: 't', size: 1, sha256: 'x', packets: 1 }]);
    await look(ended, 10);
    expect(reports.get('p')?.recentFiles).toHaveLength(1);
  });

  test('are read once after the agent ended', async () => {
    const { counter, look } = watch(() => line(7));
    await look(ended, 10);
    expect(counter.reads).toBe(1);
  });

  test('are forgotten with their capture, also where the pod is gone by then', async () => {
    const { look, reports } = watch(() => line(7));
    await look(ended, 1);
    reports.forget('another');
    expect(reports.get('p')?.number).toBe(7);
    reports.forget('c');
    expect(reports.get('p')).toBeUndefined();
  });

  test('that end with a word that has no room for all targets are asked of the log first, and of the word alone where that is not to be had', async () => {
    const target = (name: string): object => ({ name, state: 'Ended', ledger: emptyLedger() });
    const last = line(9, [], { done: true, targetCount: 2, targets: [target('b')] });
    const over = pod({ terminated: { exitCode: 0, message: last } });
    const { look, reports } = watch(() => [line(8, [], { targets: [target('a')] }), last].join('\n'));
    const told = (): unknown => [reports.get('p')?.done, reports.get('p')?.targets.map(({ name }) => name)];
    await look(over, 1);
    expect(told()).toEqual([true, ['a', 'b']]);

    const unread = watch(broken);
    await unread.look(over, 1);
    expect(unread.reports.get('p')).toMatchObject({ done: true, targets: [{ name: 'b' }] });
  });

  /** Fifty agents of one capture, each of whose logs takes a moment. */
  function fifty(patienceMs?: number) {
    const reads = new Map<string, number>();
    let most = 0;
    let atOnce = 0;
    const podLog = async (_namespace: string, name: string): Promise<string> => {
      reads.set(name, (reads.get(name) ?? 0) + 1);
      most = Math.max(most, (atOnce += 1));
      await pause(10);
      atOnce -= 1;
      return '';
    };
    let now = 0;
    const reports = new Reports({ podLog }, silent, () => now, patienceMs);
    const pods = Array.from({ length: 50 }, (_, n): PodObject => ({ ...running, metadata: { name: `agent-${n}`, namespace: 'jobs', uid: `p-${n}` } }));
    const look = async (): Promise<void> => {
      await Promise.all(pods.map((at) => reports.refresh(at, 'r')));
      now += 1000;
    };
    return { reads, look, most: () => most };
  }

  test('of fifty agents are all read in one look, eight at a time', async () => {
    const { reads, look, most } = fifty();
    await look();
    expect([reads.size, most()]).toEqual([50, 8]);
  });

  test('of more agents than a look has time for are read in turn: nobody waits for ever', async () => {
    const { reads, look } = fifty(15);
    for (let n = 0; n < 20; n += 1) await look();
    expect(reads.size).toBe(50);
    expect(Math.min(...reads.values()) * 4).toBeGreaterThanOrEqual(Math.max(...reads.values()));
  });
});
