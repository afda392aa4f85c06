// What the agent is told: by its environment, once, and by control, again and again.
import { describe, expect, test } from '@jest/globals';
import { addressedControl } from '../../../src/agent/control.js';
import { ConfigError, parseConfig } from '../../../src/agent/config.js';
import type { JobConfig } from '../../../src/protocol/job-config.js';

const job: JobConfig = {
  version: 1,
  runID: 'r',
  capture: { namespace: 'shop', name: 'c', uid: 'u' },
  node: 'n',
  spoolDirectory: 'u.20261120T030512Z-1a2b3c',
  tcpdump: { interface: 'any', filter: '', snapLength: 96, bufferSizeBytes: 1024 },
  ring: {},
  spool: { maxSizeBytes: 1e9, reserveFraction: 0.15, retentionSeconds: 60 },
  upload: { policy: 'Continuous', compression: 'None' },
  destination: { name: 'd', region: 'r', bucket: 'b', prefix: '', addressing: 'Path' },
  allowHostNetwork: false,
  logLevel: 'info',
};
const environment = (over: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({ PACKETCAPTURE_JOB: JSON.stringify(job), PACKETCAPTURE_POD_UID: 'p', PACKETCAPTURE_NODE_NAME: 'n', ...over });

describe('the environment', () => {
  test('gives the job, the pod and the folders', () => {
    const config = parseConfig(environment({ PACKETCAPTURE_SPOOL_DIR: '/elsewhere' }));
    expect(config).toMatchObject({ job, podUID: 'p', node: 'n', paths: { control: '/run/packetcapture/control', spool: '/elsewhere', terminationLog: '/dev/termination-log' } });
    expect(config.paths.hostSpool).toBe('/proc/1/root/var/lib/packetcapture/u.20261120T030512Z-1a2b3c');
  });
  test.each([
    ['a job that is no JSON', { PACKETCAPTURE_JOB: '{' }, 'PACKETCAPTURE_JOB: is not JSON'],
    ['no job', { PACKETCAPTURE_JOB: undefined }, 'PACKETCAPTURE_JOB'],
    ['no pod', { PACKETCAPTURE_POD_UID: '' }, 'PACKETCAPTURE_POD_UID'],
    ['a job of another version', { PACKETCAPTURE_JOB: JSON.stringify({ ...job, version: 2 }) }, 'PACKETCAPTURE_JOB.version'],
    ...['..', '.', 'a/b', '/etc', 'a/../b', '..a', ''].map((spoolDirectory): [string, NodeJS.ProcessEnv, string] => [`the spool directory "${spoolDirectory}"`, { PACKETCAPTURE_JOB: JSON.stringify({ ...job, spoolDirectory }) }, 'spoolDirectory']),
  ])('with %s is refused, and says where', (_, over, where) => {
    expect(() => parseConfig(environment(over))).toThrow(ConfigError);
    expect(() => parseConfig(environment(over))).toThrow(where);
  });
});

describe('control', () => {
  const target = { name: 'web-0_0a1b2c3d', podName: 'web-0', podUID: 'u', podIPs: [] };
  const control = { version: 1, podUID: 'p', attempt: 1, targets: [target], remainingMs: 0, limits: {}, stop: null };
  test('that names this pod is its desired state, with fields of a later version passed over', () => expect(addressedControl(JSON.stringify({ ...control, later: 1 }), 'p')).toMatchObject({ attempt: 1, targets: [{ gone: false, hostNetwork: false }] }));
  test.each([
    ['empty', ''],
    ['torn', '{"version":1'],
    ['of another pod', JSON.stringify({ ...control, podUID: 'q' })],
    ['of another version', JSON.stringify({ ...control, version: 2 })],
    ...['..', 'a/b', '-x', ''].map((name): [string, string] => [`with a target named "${name}"`, JSON.stringify({ ...control, targets: [{ ...target, name }] })]),
  ])('that is %s asks nothing', (_, text) => expect(addressedControl(text, 'p')).toBeUndefined());
});
