// The table "Ready, as Flux and Argo CD read it" of the design, over an object of every row. Argo CD's side: test/integration/gitops.
import { describe, expect, test } from '@jest/globals';
import { entryOf } from '../../../src/api/reason-table.js';
import { kstatus, type ReadObject } from './kstatus.js';
import { recorded } from './recorded.js';
import { situations, type Situation } from './situations.js';

const readyOf = (object: Situation['object']) => (object as ReadObject).status?.conditions?.find((c) => c.type === 'Ready');

describe.each([
  ['made', situations()],
  ['recorded', recorded()],
])('%s', (_how, all) => {
  test.each(all.map((one) => [one.name, one] as const))('%s', (_name, { object, flux, reason }) => {
    expect([readyOf(object)?.reason, kstatus(object as ReadObject)]).toEqual([reason ?? readyOf(object)?.reason, flux]);
  });

  test.each(all.map((one) => [one.name, one] as const))('%s: its conditions agree', (_name, { object }) => {
    const conditions = (object as ReadObject).status?.conditions ?? [];
    const abnormal = conditions.filter((c) => c.type === 'Reconciling' || c.type === 'Stalled');
    const ready = readyOf(object);
    expect(abnormal).toHaveLength(ready === undefined || ready.status === 'True' ? 0 : 1);
    for (const { reason, message } of abnormal) expect({ reason, message }).toEqual({ reason: ready?.reason, message: ready?.message });
    expect(new Set(conditions.map(({ type }) => type)).size).toBe(conditions.length);
  });

  test.each(all.map((one) => [one.name, one] as const))('%s: each reason stands where the table says', (_name, { object }) => {
    const kind = (object as { kind?: string }).kind;
    for (const { type = '', reason = '' } of (object as ReadObject).status?.conditions ?? []) {
      const place = (type === 'Reconciling' || type === 'Stalled' ? 'Ready' : type) + (kind === 'ClusterCaptureDestination' ? ' of a destination' : '');
      expect([reason, entryOf(reason)?.places]).toEqual([reason, expect.arrayContaining([place])]);
    }
  });
});

test('a condition is written once for each type, and kstatus would see the wrong order', () => {
  const both = { metadata: { generation: 1 }, status: { observedGeneration: 1, conditions: [{ type: 'Stalled', status: 'True' }, { type: 'Reconciling', status: 'True' }] } };
  expect(kstatus(both)).toBe('Failed');
});
