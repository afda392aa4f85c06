import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { applyCapture, capture, captureObject, captureThat, condition, inPhase, waitsFor, type Capture } from './support/captures.js';
import { applyKeys, cleanUp, destinationObject, readyDestination } from './support/destination.js';
import { apply, get, kubectl } from './support/kubectl.js';
import { S3 } from './support/bucket.js';
import { said } from './support/words.js';
import { freshNamespace, IDLE, NODES, pod, runningPodIP } from './support/workload.js';

const NS = 'e2e-bad-input';
const [nodeA, nodeB] = NODES;
let storage: { storage: object };

afterAll(() => cleanUp(NS, 'e2e-bad-input', 'e2e-late-destination', 'e2e-wrong-keys'), 240_000);

beforeAll(async () => {
  await freshNamespace(NS);
  storage = await readyDestination('e2e-bad-input');
  await apply(pod(NS, 'web', IDLE, { node: nodeA }));
  await runningPodIP(NS, 'web');
}, 240_000);

const spec = (overrides: object = {}): object => ({ target: { podName: 'web' }, duration: '5s', ...storage, ...overrides });

describe('the API server refuses at once', () => {
  test.each([
    ['an interface that is a program', { interface: 'dbus://unixexec:path=/usr/bin/touch' }],
    ['an interface that is a netlink group', { interface: 'nflog:1' }],
    ['a filter over 4,096 characters', { filter: 'tcp or '.repeat(600) + 'udp' }],
    ['a filter with a newline', { filter: 'tcp\nport 80' }],
    ['a duration that is none', { duration: 'soon' }],
    ['a negative snapLength', { snapLength: -1 }],
    ['a target by no known field', { target: 'web' }],
    ['a policy that does not exist', { upload: { policy: 'Sometimes' } }],
  ])('%s', async (_what, wrong) => {
    await expect(applyCapture(NS, 'refused', spec(wrong))).rejects.toThrow(/is invalid|validation/);
    expect(await capture(NS, 'refused')).toBeUndefined();
  });
});

describe('the operator refuses with the value and the fix', () => {
  test.each([
    ['no-target', { target: {} }, 'InvalidSpec', 'spec.target names nothing: add one of podName, podSelector and workloadRef'],
    ['files-alone', { ring: { files: 5 } }, 'InvalidSpec', 'spec.ring.files 5: without fileSize or rotateInterval there is only ever one file; add for example "fileSize: 10M"'],
    ['half-a-megabyte', { ring: { fileSize: '500k' } }, 'InvalidSpec', 'spec.ring.fileSize "500k": must be a whole multiple of 1M (tcpdump counts in 1,000,000 bytes); use "1M"'],
    ['mebibytes', { ring: { fileSize: '10Mi' } }, 'InvalidSpec', 'use "10M" or "11M"'],
    ['half-seconds', { ring: { rotateInterval: '1500ms' } }, 'InvalidSpec', 'spec.ring.rotateInterval "1500ms": must be whole seconds'],
    ['option-filter', { filter: '-w /tmp/x' }, 'InvalidSpec', 'spec.filter "-w /tmp/x": begins with "-"'],
    ['name-filter', { filter: 'host example.com' }, 'InvalidSpec', '"example.com" could be a host name'],
    ['broken-filter', { filter: 'tcp port and' }, 'InvalidFilter', 'spec.filter "tcp port and" does not compile:'],
    ['list-index', { interface: '1' }, 'InvalidSpec', 'spec.interface "1": a bare number'],
    ['pseudo-device', { interface: 'usbmon0' }, 'InvalidSpec', 'spec.interface "usbmon0": is a pseudo device'],
    ['too-long', { duration: '1000h' }, 'DurationTooLong', 'the operator allows at most "24h" (--max-duration)'],
    ['too-large', { spool: { maxSize: '1Ti' } }, 'SpoolTooLarge', '(--max-spool)'],
    ['too-deep', { bufferSize: '1Gi' }, 'BufferTooLarge', '(--max-buffer-size)'],
  ])('%s', async (name, wrong, reason, words) => {
    await applyCapture(NS, name, spec(wrong));
    const object = await waitsFor(NS, name, reason);
    expect(await said(object, reason)).toContain(words);
    expect(condition(object, 'Stalled')?.status).toBe('True');
    expect(object.metadata.finalizers ?? []).toEqual([]);
    expect(object.status?.run).toBeUndefined();
  });

  test('and a corrected spec is captured', async () => {
    await applyCapture(NS, 'half-a-megabyte', spec({ ring: { fileSize: '1M' } }));
    const object = await inPhase(NS, 'half-a-megabyte', 'Complete', 60_000);
    expect(condition(object, 'Ready')?.status).toBe('True');
  }, 90_000);
});

describe('what is only found in the network namespace fails the run, with its reason', () => {
  test.each([
    ['no-such-interface', { interface: 'eth7' }, 'InterfaceNotFound', 'eth7'],
    ['wrong-link-type', { interface: 'lo', filter: 'wlan type mgt' }, 'InvalidFilter', 'link'],
  ])('%s', async (name, wrong, reason, words) => {
    await applyCapture(NS, name, spec(wrong));
    const object = await waitsFor(NS, name, reason);
    expect((await said(object, reason)).toLowerCase()).toContain(words);
    expect(condition(object, 'Stalled')).toMatchObject({ status: 'True', reason });
    if (reason === 'InvalidFilter') expect(condition(object, 'Accepted')).toMatchObject({ status: 'False', reason });
  }, 60_000);
});

describe('the operator waits for what has to appear', () => {
  test('a pod that does not exist is captured when it appears', async () => {
    await applyCapture(NS, 'early', spec({ target: { podName: 'late' } }));
    const waiting = await waitsFor(NS, 'early', 'TargetNotFound');
    expect(await said(waiting, 'TargetNotFound')).toContain('pod "late" does not exist');
    expect(condition(waiting, 'Reconciling')?.status).toBe('True');
    await apply(pod(NS, 'late', IDLE, { spec: { nodeSelector: { 'kubernetes.io/hostname': 'nowhere' } } }));
    await waitsFor(NS, 'early', 'TargetNotScheduled');
    await kubectl(['delete', 'pod', 'late', '-n', NS]);
    await apply(pod(NS, 'late', IDLE, { node: nodeB }));
    await inPhase(NS, 'early', 'Complete');
  }, 120_000);

  test('a destination that does not exist', async () => {
    const name = 'e2e-late-destination';
    await kubectl(['delete', 'clustercapturedestination', name, '--ignore-not-found']);
    await applyCapture(NS, 'homeless', spec({ storage: { destinationRef: { name } } }));
    const waiting = await waitsFor(NS, 'homeless', 'DestinationNotFound');
    expect(await said(waiting, 'DestinationNotFound')).toContain(`ClusterCaptureDestination "${name}" does not exist`);
    await readyDestination(name);
    await inPhase(NS, 'homeless', 'Complete');
  }, 120_000);

  test('a bucket that refuses the keys, until they are mended', async () => {
    const name = 'e2e-wrong-keys';
    await kubectl(['delete', 'clustercapturedestination', name, '--ignore-not-found']);
    await applyKeys(name, S3.accessKey, 'not-the-secret');
    await apply(destinationObject(name, name));
    await applyCapture(NS, 'locked-out', spec({ storage: { destinationRef: { name } } }));
    const waiting = await captureThat(NS, 'locked-out', 'it waits for the destination', (c) => condition(c, 'Ready')?.message?.includes('AccessDenied') ?? false);
    expect(condition(waiting, 'Ready')).toMatchObject({ status: 'False', reason: 'DestinationNotReady' });
    const destination = await get<Capture>('clustercapturedestination', undefined, name);
    expect(condition(destination, 'Ready')).toMatchObject({ status: 'False', reason: 'AccessDenied' });
    expect(condition(destination, 'Ready')?.message).toMatch(/SignatureDoesNotMatch|AccessDenied|403/);
    await applyKeys(name, S3.accessKey, S3.secretKey);
    await inPhase(NS, 'locked-out', 'Complete');
  }, 120_000);
});

test('a capture that is only read by dry run leaves nothing', async () => {
  await kubectl(['apply', '--dry-run=server', '-f', '-'], JSON.stringify(captureObject(NS, 'dry', spec())));
  expect(await capture(NS, 'dry')).toBeUndefined();
});
