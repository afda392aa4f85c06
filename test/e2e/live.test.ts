// A live session on a cluster: reached by kubectl's own port-forward, by those who may, with the packets that the bucket gets.
import { spawn, type ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LIVE_ANNOTATION } from '../../src/api/group.js';
import { ask, newToken, sessionOf, Watching } from '../integration/agent/harness/live-client.js';
import { eventually } from '../integration/eventually.js';
import { applyCapture, captureThat, inPhase, JOBS_NAMESPACE, type Capture } from './support/captures.js';
import { cleanUp, readyDestination } from './support/destination.js';
import { apply, kubectl } from './support/kubectl.js';
import { numbers, numbersIn } from './support/packets.js';
import { exec, freshNamespace, NODES, pod, RECEIVER, runningPodIP, sendNumbers } from './support/workload.js';

const NS = 'e2e-live';
const WATCHER = 'e2e-live-watcher';
const EDITOR = 'e2e-live-editor';
const token = newToken();
const forwards: ChildProcess[] = [];
let address: string;
let storage: object;

/** Forwards a local port to the session of a capture pod, as somebody; rejects with kubectl's words. */
function forward(as: string, podName: string, remotePort = 9311): Promise<number> {
  const child = spawn('kubectl', ['port-forward', '-n', JOBS_NAMESPACE, `pod/${podName}`, `:${remotePort}`, '--address=127.0.0.1', '--as', as], { stdio: ['ignore', 'pipe', 'pipe'] });
  forwards.push(child);
  return new Promise((resolve, reject) => {
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
    child.on('close', () => reject(new Error(words)));
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const port = /^Forwarding from 127\.0\.0\.1:(\d+)/m.exec(said)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  });
}

const agentOf = (capture: Capture): { podName: string; target: string } => {
  const [agent] = capture.status?.live?.agents ?? [];
  return { podName: agent?.podName ?? '', target: agent?.targets?.[0] ?? '' };
};
const annotate = (name: string, value: string): Promise<string> => kubectl(['annotate', 'packetcaptures.packetcapture.dev', name, '-n', NS, '--overwrite', value === '' ? `${LIVE_ANNOTATION}-` : `${LIVE_ANNOTATION}=${value}`]);
/** Rows of /proc/net/tcp and tcp6 that listen, in a capture pod: local addresses. */
async function listening(podName: string): Promise<string[]> {
  const text = await exec(JOBS_NAMESPACE, podName, ['cat', '/proc/net/tcp', '/proc/net/tcp6']);
  return text.split('\n').flatMap((line) => {
    const [, local = '', , state] = line.trim().split(/\s+/);
    return state === '0A' ? [local] : [];
  });
}

beforeAll(async () => {
  await freshNamespace(NS);
  storage = await readyDestination(NS);
  await apply(pod(NS, 'web', RECEIVER, { node: NODES[0] }));
  const binding = (name: string, namespace: string, kind: string, role: string, user: string): object => ({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata: { name, namespace }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: role }, subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: user }] });
  await apply(binding(WATCHER, JOBS_NAMESPACE, 'Role', 'packetcapture-live', WATCHER), binding(EDITOR, NS, 'ClusterRole', 'edit', EDITOR));
  address = await runningPodIP(NS, 'web');
}, 120_000);
afterAll(async () => {
  for (const child of forwards) child.kill();
  await kubectl(['delete', 'rolebinding', WATCHER, '-n', JOBS_NAMESPACE, '--ignore-not-found']);
  await cleanUp(NS, NS);
}, 240_000);

describe('a live session', () => {
  test('shows the packets of the bucket from the first on, to who may port-forward and knows the token, and to nobody else', async () => {
    const { tokenSHA256 } = sessionOf(token);
    await applyCapture(NS, 'watched', { target: { podName: 'web' }, filter: 'udp port 9001', duration: '5m', ring: { fileSize: '1M' }, ...storage }, { annotations: { [LIVE_ANNOTATION]: tokenSHA256 } });
    const addressed = await captureThat(NS, 'watched', 'status says where', (c) => c.status?.live?.agents?.[0] !== undefined);
    expect(addressed.status?.live).toEqual({ tokenSHA256, agents: [{ node: NODES[0], namespace: JOBS_NAMESPACE, podName: expect.any(String), port: 9311, targets: [addressed.status?.targets?.[0]?.name] }] });
    const { podName, target } = agentOf(addressed);
    const port = await eventually('the pod can be reached', () => forward(WATCHER, podName), { everyMs: 200 });
    const watching = await eventually('the stream is open', () => Watching.from(port, target, token), { everyMs: 50 });
    await inPhase(NS, 'watched', 'Capturing');
    await exec(NS, 'web', sendNumbers(address, 9001, 5000, 2500));
    await eventually('the last one is there while the capture runs', async () => (await numbersIn(watching.whole, 9001)).at(-1) === 4999, { everyMs: 300 });
    expect(await numbersIn(watching.whole, 9001)).toEqual(Array.from({ length: 5000 }, (_, n) => n));

    expect((await ask(port, '/v1/targets', newToken())).status).toBe(401);
    expect((await ask(port, '/v1/targets', tokenSHA256)).status).toBe(401);
    await expect(forward(EDITOR, podName)).rejects.toThrow(/forbidden/i);
    await expect(kubectl(['exec', '-n', JOBS_NAMESPACE, podName, '--as', WATCHER, '--', 'true'])).rejects.toThrow(/forbidden/i);
    expect(await listening(podName)).toEqual(['0100007F:245F']);

    await kubectl(['annotate', 'packetcaptures.packetcapture.dev', 'watched', '-n', NS, `packetcapture.dev/stop=${addressed.status?.run?.id}`]);
    expect(await watching.ended).toEqual({ 'packetcapture-end': 'TargetEnded', 'packetcapture-packets': '5000' });
    const done = await inPhase(NS, 'watched', 'Complete', 90_000);
    expect(done.status?.live).toBeUndefined();
    expect(done.status?.packets).toMatchObject({ captured: 5000, uploaded: 5000, lost: 0 });
    expect((await numbers(done.status?.run?.destination?.prefix ?? 'none', 9001)).toSorted((a, b) => a - b)).toEqual(await numbersIn(watching.whole, 9001));
  }, 180_000);

  test('opens on a capture that runs, and ends with its annotation; one that is no hash opens nothing and is said', async () => {
    await applyCapture(NS, 'later', { target: { podName: 'web' }, filter: 'udp port 9000', duration: '0s', upload: { policy: 'OnDemand' }, ...storage });
    await inPhase(NS, 'later', 'Capturing');
    await annotate('later', token.slice(0, 40));
    const refused = await captureThat(NS, 'later', 'what is no hash is said', (c) => c.status?.conditions?.some(({ reason }) => reason === 'InvalidLiveToken') === true);
    expect(JSON.stringify(refused.status)).not.toContain(token.slice(0, 20));
    await annotate('later', sessionOf(token).tokenSHA256);
    const { podName } = agentOf(await captureThat(NS, 'later', 'status says where', (c) => c.status?.live?.agents?.[0] !== undefined));
    const port = await forward(WATCHER, podName);
    await eventually('the session is open', async () => (await ask(port, '/v1/targets', token)).status === 200, { everyMs: 100 });
    await annotate('later', '');
    await captureThat(NS, 'later', 'status says no more', (c) => c.status?.live === undefined && c.status?.phase === 'Capturing');
    await eventually('nothing listens', async () => (await listening(podName)).length === 0, { everyMs: 200 });
    await kubectl(['delete', 'packetcaptures.packetcapture.dev', 'later', '-n', NS, '--timeout=90s']);
  }, 180_000);
});
