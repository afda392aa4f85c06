import { expect, test } from '@jest/globals';
import type { KubeObject } from '../../../src/kube/object.js';
import { Leftovers, type LeftoversOptions } from '../../../src/operator/leftovers.js';
import { entryOf } from '../../../src/plan/leftovers.js';

/** The one ConfigMap. */
function harness() {
  let stored: (KubeObject & { data: Record<string, string> }) | undefined;
  const write = (_resource: unknown, ...args: unknown[]) => {
    stored = { ...(args.at(-1) as typeof stored & object) };
    stored.metadata = { ...stored.metadata, resourceVersion: String(Number(stored.metadata.resourceVersion ?? 0) + 1) };
    return Promise.resolve(stored);
  };
  const kube = { get: () => Promise.resolve(stored), create: write, replace: write } as unknown as LeftoversOptions['kube'];
  const leftovers = new Leftovers({ kube, jobsNamespace: 'packetcapture-jobs', retentionSeconds: 3600, now: () => 0, onNoted: () => undefined });
  const spools = (node: string) => entryOf(stored?.data ?? {}, node)?.spools.map(({ spool }) => spool);
  return { leftovers, spools, text: (node: string) => stored?.data[node] ?? '' };
}

test('an entry that a sweep settled is gone, or waits for the next', async () => {
  const { leftovers, spools, text } = harness();
  await leftovers.note([{ node: 'a', spool: 'one', reason: 'NodeLost' }]);
  await leftovers.settle('a', text('a'), '2026-11-22T00:00:00Z');
  expect(spools('a')).toEqual(['one']);
  await leftovers.settle('a', text('a'), undefined);
  expect(text('a')).toBe('');
});

test('an entry that got another spool meanwhile is kept: that one is not swept yet', async () => {
  const { leftovers, spools, text } = harness();
  await leftovers.note([{ node: 'a', spool: 'one', reason: 'NodeLost' }]);
  const decidedOn = text('a');
  await leftovers.note([{ node: 'a', spool: 'two', reason: 'NodeLost' }]);
  await leftovers.settle('a', decidedOn, undefined);
  expect(spools('a')).toEqual(['two', 'one']);
});
