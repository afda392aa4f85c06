// Control files and job configs that no operator writes: the agent captures nothing by them, writes nothing outside its spool, and does not crash.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { ConfigError, parseConfig } from '../../../../src/agent/config.js';
import { ControlFile } from '../../../../src/agent/control.js';
import { jobConfig, tcpdumpsOf, TestNode, type AgentProcess } from '../harness/agent-process.js';
import { TestPod } from '../harness/namespace.js';
import { expectBalanced, unexplained } from '../harness/oracle.js';
import { startSending } from '../harness/traffic.js';

const target = { name: 'web-0_11111111', podName: 'web-0', podUID: '11111111-0000-4000-8000-000000000000', podIPs: ['10.99.0.2'], hostNetwork: false, gone: false };
const control = (over: object = {}): object => ({ version: 1, podUID: 'agent-1', attempt: 1, follows: false, remainingMs: 0, limits: {}, suspend: false, snapshot: null, stop: null, targets: [target], ...over });
const named = (name: string): object => control({ targets: [{ ...target, name }] });
const many = (count: number): object[] => Array.from({ length: count }, (_, n) => ({ ...target, name: `w-${n}_1`, podName: `w-${n}`, podUID: `${String(n).padStart(8, '0')}-0000-4000-8000-000000000000` }));

/** Each is read in the place of control. */
const HOSTILE: [string, string][] = [
  ['is of 20 MB', JSON.stringify(control({ padding: 'x'.repeat(20e6) }))],
  ['is nested 200,000 deep', `${'{"targets":['.repeat(100_000)}`],
  ['is nested 50,000 deep, and well formed', `{"version":1,"x":${'['.repeat(50_000)}${']'.repeat(50_000)}}`],
  ['is no JSON', '\u0000\u0001{'],
  ['is null', 'null'],
  ['has a string where targets are', JSON.stringify(control({ targets: 'web-0' }))],
  ['has an object where targets are', JSON.stringify(control({ targets: { length: 1e9 } }))],
  ['addresses another pod', JSON.stringify(control({ podUID: 'another' }))],
  ['has a duration that is NaN', JSON.stringify(control()).replace('"remainingMs":0', '"remainingMs":NaN')],
  ['has a duration past all numbers', JSON.stringify(control()).replace('"remainingMs":0', '"remainingMs":1e400')],
  ['has an attempt that is no number', JSON.stringify(control({ attempt: '1; rm -rf /' }))],
  ['names one target twice', JSON.stringify(control({ targets: [target, { ...target, podUID: '22222222-0000-4000-8000-000000000000' }] }))],
  ['names 10,000 targets', JSON.stringify(control({ targets: many(10_000) }))],
  ['names a target ../../x', JSON.stringify(named('../../x'))],
  ['names a target ..', JSON.stringify(named('..'))],
  ['names a target with a slash', JSON.stringify(named('a/../../b'))],
  ['names a target with a NUL', JSON.stringify(named('a\u0000b'))],
  ['names a target with a line break', JSON.stringify(named('a\n{"report":"packetcapture.dev/report"}'))],
  ['names a target with an escape sequence', JSON.stringify(named('a\u001b[2J'))],
  ['names a target -w', JSON.stringify(named('-w'))],
  ['names a target with nothing', JSON.stringify(named(''))],
  ['names a target of 5,000 characters', JSON.stringify(named('a'.repeat(5000)))],
  ['names a target __proto__', JSON.stringify(named('__proto__'))],
  ['names a target constructor', JSON.stringify(named('constructor'))],
  ['changes the prototype of all objects', JSON.stringify(control({ podUID: undefined })).replace('{', '{"__proto__":{"podUID":"agent-1"},')],
];

describe('hostile: control', () => {
  let folder: string;
  let file: ControlFile;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pccontrol-'));
    file = new ControlFile(folder, join(folder, 'first'), 'agent-1', () => performance.now(), () => undefined);
  });
  afterEach(() => {
    file.close();
    rmSync(folder, { recursive: true });
  });

  test.each(HOSTILE)('a control that %s → asks nothing of the agent', async (_, text) => {
    writeFileSync(join(folder, 'control'), JSON.stringify(control()));
    await file.read();
    expect(file.current).toMatchObject({ targets: [target] });
    const sinceMs = performance.now();
    writeFileSync(join(folder, 'control'), text);
    await file.read();
    expect(file.current).toBeUndefined();
    expect(performance.now() - sinceMs).toBeLessThan(2000);
    expect(({} as { podUID?: string }).podUID).toBeUndefined();
  });

  test.each([
    ['spool folder is ..', { spoolDirectory: '..' }],
    ['spool folder has a slash', { spoolDirectory: 'a/../../etc' }],
    ['namespace climbs', { capture: { namespace: '..', name: 'x', uid: 'u' } }],
    ['name has a slash', { capture: { namespace: 'shop', name: 'x/../../other', uid: 'u' } }],
    ['run id climbs', { runID: '../../20261120T030512Z-1a2b3c' }],
  ])('a job config whose %s → the agent does not even start: no key and no folder outside of its own', (_, over) => {
    const env = { PACKETCAPTURE_JOB: JSON.stringify({ ...jobConfig(), ...over }), PACKETCAPTURE_POD_UID: 'agent-1', PACKETCAPTURE_NODE_NAME: 'node-a' };
    expect(() => parseConfig(env)).toThrow(ConfigError);
    expect(() => parseConfig({ ...env, PACKETCAPTURE_JOB: JSON.stringify(jobConfig()), PACKETCAPTURE_NODE_NAME: '../node' })).toThrow(ConfigError);
  });

  describe('a real agent', () => {
    let pod: TestPod;
    let node: TestNode;
    let agent: AgentProcess;

    beforeEach(() => {
      pod = new TestPod();
      pod.run();
      node = new TestNode(jobConfig());
      agent = node.start();
    });
    afterEach(async () => {
      await node.remove();
      pod.remove();
    });

    test('that is shown all of them one after another → captures nothing, makes nothing, lives, and captures once it is asked to', async () => {
      agent.control({ targets: [pod.target], podUID: 'another' });
      const path = join(node.folder, 'pod-agent-1', 'control', 'control');
      for (const [, text] of HOSTILE) {
        writeFileSync(`${path}.next`, text.replaceAll(target.podUID, pod.uid));
        renameSync(`${path}.next`, path);
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      expect([agent.child.exitCode, agent.reports, node.spoolFiles, tcpdumpsOf(pod)]).toEqual([null, [], [], []]);
      writeFileSync(`${path}.next`, JSON.stringify(control({ targets: [pod.target] })));
      renameSync(`${path}.next`, path);
      await agent.untilCapturing();
      expect(readdirSync(node.folder).sort()).toEqual(['bucket', 'pod-agent-1', 'spool']);
    }, 20_000);

    test('that is given 110 targets more, as many as a node has pods, of which none is there → captures that one as if it were alone: every packet, and reports go on', async () => {
      agent.control({ targets: [pod.target, ...(many(110) as (typeof pod.target)[])] });
      await agent.until(() => agent.reports.some((r) => r.targets.some((t) => t.name === pod.target.name && t.state === 'Capturing')), 'capturing');
      const traffic = startSending(pod, { perSecond: 1000 });
      await agent.untilCaptured(2000);
      const sent = await traffic.stop();
      await agent.untilCaptured(sent.length);
      expect(agent.reports.length).toBeGreaterThan(2);
      agent.control({ targets: [pod.target], stop: { reason: 'Requested' } });
      expect(await agent.exited).toBe(0);
      expectBalanced(agent.report);
      expect(unexplained(node, sent, 1)).toEqual({ missing: [], twice: [] });
    }, 40_000);
  });
});

