// What start makes of flags: the file for Git, and complaints in the flags' own words.
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { parseCaptureSpec } from '../../../../src/api/capture-spec.js';
import { run } from '../support.js';

/** The file that a dry run prints. */
async function fileOf(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(['start', '--dry-run=client', ...args], { random: () => 0 });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}
const specOf = async (...args: string[]): Promise<unknown> => (parse(await fileOf(...args)) as { spec: unknown }).spec;

describe('a dry run', () => {
  test('prints what a user would commit: what was said, in the order of the documentation, and nothing else', async () => {
    expect(await fileOf('pod/web-0', '--ring', '10M/30s', '-d', '2m', '--filter', 'tcp port 8080')).toBe(`apiVersion: packetcapture.dev/v1alpha1
kind: PacketCapture
metadata:
  name: web-0-bbbb
spec:
  target:
    podName: web-0
  filter: tcp port 8080
  duration: 2m
  ring:
    fileSize: 10M
    rotateInterval: 30s
`);
  });

  test('has the namespace where it was named', async () => {
    expect(parse(await fileOf('web-0', '-n', 'shop', '--name', 'web'))).toMatchObject({ metadata: { name: 'web', namespace: 'shop' } });
  });

  test('says every flag as its field', async () => {
    const spec = await specOf(
      'deploy/web', '--max-targets=3', '-i', 'eth0', '--snap-length=128', '--buffer-size=64Mi', '-d', '1h', '--max-size=1Gi', '--max-packets=1000', '--ring=10M/30s/5', '--spool=2Gi', '--compression=zstd', '--destination=team', '--', 'tcp', 'port', '80',
    );
    expect(spec).toEqual({
      target: { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxTargets: 3 },
      interface: 'eth0',
      filter: 'tcp port 80',
      snapLength: 128,
      bufferSize: '64Mi',
      duration: '1h',
      maxSize: '1Gi',
      maxPackets: 1000,
      ring: { files: 5, fileSize: '10M', rotateInterval: '30s' },
      spool: { maxSize: '2Gi' },
      upload: { compression: 'Zstd' },
      storage: { destinationRef: { kind: 'ClusterCaptureDestination', name: 'team' } },
    });
    expect(parseCaptureSpec(spec).problems).toBeUndefined();
    expect(Object.keys(spec as object)).toEqual(['target', 'interface', 'filter', 'snapLength', 'bufferSize', 'duration', 'maxSize', 'maxPackets', 'ring', 'spool', 'upload', 'storage']);
  });

  test('of a flight recorder records until it is stopped, with a ring that may be another', async () => {
    expect(await specOf('web-0', '--recorder')).toEqual({ target: { podName: 'web-0' }, duration: '0s', ring: { files: 10, fileSize: '100M', rotateInterval: '60s' }, upload: { policy: 'OnDemand' } });
    expect(await specOf('web-0', '--recorder', '--ring', '50M/20', '-d', '8h')).toMatchObject({ duration: '8h', ring: { files: 20, fileSize: '50M' } });
  });

  test('is JSON or a name where that is asked for', async () => {
    expect(JSON.parse(await fileOf('web-0', '-o', 'json'))).toMatchObject({ spec: { target: { podName: 'web-0' } } });
    expect(await fileOf('web-0', '-o', 'name')).toBe('packetcapture.packetcapture.dev/web-0-bbbb\n');
  });
});

describe('a target', () => {
  test.each([
    ['web-0', { podName: 'web-0' }],
    ['po/web-0', { podName: 'web-0' }],
    ['deployment/web', { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } }],
    ['deployments.apps/web', { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } }],
    ['sts/db', { workloadRef: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db' } }],
    ['ds/proxy', { workloadRef: { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'proxy' } }],
    ['rs/web-abc', { workloadRef: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-abc' } }],
    ['job/nightly', { workloadRef: { apiVersion: 'batch/v1', kind: 'Job', name: 'nightly' } }],
    ['svc/web', { workloadRef: { apiVersion: 'v1', kind: 'Service', name: 'web' } }],
  ])('%s', async (target, expected) => expect(await specOf(target)).toEqual({ target: expected }));
});

describe('a complaint has the value and the fix, in the words of the flag', () => {
  test.each([
    [[], 'whose packets? Name a target, such as pod/web-0 or deploy/web, or labels with -l app=web'],
    [['web-0', '-l', 'app=web'], 'TARGET "web-0" and -l "app=web": name a target or labels, not both'],
    [['node/a'], 'TARGET "node/a": "node" is no kind that can be captured; use pod, deployment, statefulset, daemonset, replicaset, job, service, or labels with -l'],
    [['Web_0'], 'TARGET "Web_0": is no name that a pod can have: lower-case letters, digits, "-" and "." only, beginning and ending with a letter or digit'],
    [['deployments.batch/web'], 'TARGET "deployments.batch/web": a Deployment is of the group "apps", not "batch"; write deploy/NAME'],
    [['-l', 'app=web,'], '-l "app=web,": holds an empty part; write for example app=web,tier!=cache or "app in (web,api)"'],
    [['-l', 'app=-web'], '-l "-web": is no value of a label: letters, digits, "-", "_" and "." only, beginning and ending with a letter or digit'],
    [['web-0', '--ring', '500k'], '--ring "500k": must be a whole multiple of 1M (tcpdump counts in 1,000,000 bytes); use "1M"'],
    [['web-0', '--ring', '5'], '--ring 5: without the size of a file or the time that it covers there is only ever one file; write for example 10M/5'],
    [['web-0', '--ring', '10M/20M'], '--ring "10M/20M": "10M" and "20M" are two of one kind; write the size of a file, the time that it covers and how many are kept, for example 10M/30s/5 or 10M'],
    [['web-0', '-d', '0s'], '--duration "0s": only a flight recorder captures until it is stopped; write for example "5m", or make it one with --recorder'],
    [['web-0', '--recorder', '--wait'], '--wait: a flight recorder has no end of its own; leave it out, or give it a --duration'],
    [['web-0', 'tcp', 'port', '80'], '"tcp port 80" stands behind the target: write a filter behind --, or with --filter'],
    [['web-0', '--filter', 'udp', '--', 'tcp'], '--filter "udp" and a filter behind --: keep one of them'],
    [['web-0', '--', 'host', 'example.com'], /^the filter behind -- "example\.com" could be a host name/],
    [['web-0', '--spool', '1M'], '--spool "1M": is too small: a file is closed at a quarter of it, and tcpdump\'s smallest file is 1M; use at least "8M"'],
    [['web-0', '--destination', 'Team'], /^--destination "Team": is no name that a destination can have/],
    [['web-0', '-d', 'soon'], /argument 'soon' is invalid\. it is no duration; write for example 90s, 2m or 1h30m/],
    [['web-0', '-i', 'dbus://unixexec:path=/bin/sh'], /is not the name of a network interface; use "any"/],
    [['web-0', '--snap-length', '4'], /it must be a whole number, from 16 to 262144/],
  ])('%j', async (args, said) => {
    const { code, stdout, stderr } = await run(['start', ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const message = stderr.replace(/^error: /, '').trimEnd();
    if (typeof said === 'string') expect(message).toBe(said);
    else expect(message).toMatch(said);
  });

  test('and all of them are told at once', async () => {
    const { stderr } = await run(['start', 'web-0', '--ring', '500k/1500ms', '-d', '0s']);
    expect(stderr.trimEnd().split('\n').map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(['error: --duration', 'error: --ring', 'error: --ring']);
  });
});
