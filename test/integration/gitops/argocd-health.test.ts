// The health script that we ship for Argo CD, run by a real Lua over an object of every row of the table "Ready, as Flux and Argo CD read it".
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { ReadObject } from '../../unit/gitops/kstatus.js';
import { recorded } from '../../unit/gitops/recorded.js';
import { situations } from '../../unit/gitops/situations.js';
import { runHealthScript } from './lua.js';

const patch = parse(readFileSync(new URL('../../../config/components/argocd/argocd-cm.yaml', import.meta.url), 'utf8')) as { data: Record<string, string> };
const keyOf = (kind: string): string => `resource.customizations.health.packetcapture.dev_${kind}`;
const healthOf = (object: unknown) => runHealthScript(patch.data[keyOf((object as { kind: string }).kind)] ?? '', object);

describe.each([
  ['made', situations()],
  ['recorded', recorded()],
])('%s', (_how, all) => {
  test.each(all.map((one) => [one.name, one.argo, one.object] as const))('%s: %s', (_name, argo, object) => {
    const { status, message } = healthOf(object);
    expect(status).toBe(argo);
    const ready = (object as ReadObject).status?.conditions?.find((c) => c.type === 'Ready');
    expect(message).toBe(message === 'waiting for the operator' || !ready ? 'waiting for the operator' : `${ready.reason}: ${ready.message}`);
  });
});

test.each([['nothing at all', {}], ['no conditions', { observedGeneration: 1 }], ['only others', { observedGeneration: 1, conditions: [{ type: 'Accepted', status: 'True', reason: 'Accepted', message: 'm' }] }]])('a status with %s is in progress', (_what, status) => {
  expect(healthOf({ kind: 'PacketCapture', metadata: { generation: 1 }, status }).status).toBe('Progressing');
});

test('an object without any status is in progress', () => {
  expect(healthOf({ kind: 'PacketCapture', metadata: { generation: 1 } }).status).toBe('Progressing');
});

test('there is one script, for both kinds', () => {
  expect(Object.keys(patch.data)).toEqual([keyOf('PacketCapture'), keyOf('ClusterCaptureDestination')]);
  expect(new Set(Object.values(patch.data)).size).toBe(1);
});
