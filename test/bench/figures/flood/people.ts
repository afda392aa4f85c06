// How people capture in a cluster today: kubectl exec of a tcpdump whose packets come over the API server, and a container with a small CPU limit.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { apply, kubectl } from '../../../e2e/support/kubectl.js';
import { exec, pod, runningPodIP } from '../../../e2e/support/workload.js';
import { eventually } from '../../../integration/eventually.js';
import { flood, type FloodKind } from './send.js';
import { NODE, TARGET, type Scene } from './scene.js';
import { packetsIn, shareOf, type Share } from './share.js';

/** All that the kernel and the ways behind it still hold has come by then, as far as it comes. */
const LAST_BLOCK_MS = 1500;
const LAST_BYTES_MS = 60_000;
const LISTENS = /listening on/;

/** What ksniff does: packets on tcpdump's standard output, through kubelet and API server to a file of the user's. */
export async function shareOfExec(scene: Scene, kind: FloodKind, seed: string): Promise<Share> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-flood-'));
  const file = join(folder, 'flood.pcap');
  const output = await open(file, 'w');
  const child = spawn('kubectl', ['exec', '-n', scene.namespace, TARGET, '--', 'tcpdump', '-i', 'any', '-U', '-w', '-'], { stdio: ['ignore', output.fd, 'pipe'] });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  try {
    await eventually('tcpdump listens in the pod', () => LISTENS.test(said));
    const sent = await flood(scene.target, kind, seed);
    await delay(LAST_BLOCK_MS);
    await exec(scene.namespace, TARGET, ['pkill', '-INT', 'tcpdump']);
    await Promise.race([ended, delay(LAST_BYTES_MS)]);
    return shareOf(await packetsIn([file]), sent);
  } finally {
    child.kill('SIGKILL');
    await output.close();
    await rm(folder, { recursive: true });
  }
}

const CAPTURER = 'limited';
const CAPTURED = '/captures/flood.pcap';

/** What Retina does: tcpdump in a container of 100m CPU, its file on the node. Uploading it afterwards loses nothing, and is left out. */
export async function shareOfLimited(scene: Scene, kind: FloodKind, seed: string): Promise<Share> {
  const { namespace, target } = scene;
  const command = ['nsenter', '-t', String(target.pid), '-n', 'tcpdump', '-i', 'any', '-w', CAPTURED, '--relinquish-privileges=root'];
  const overrides = {
    node: NODE,
    spec: { hostPID: true, restartPolicy: 'Never', volumes: [{ name: 'captures', emptyDir: {} }] },
    container: { securityContext: { privileged: true }, resources: { limits: { cpu: '100m' } }, volumeMounts: [{ name: 'captures', mountPath: '/captures' }] },
  };
  // The kubelet makes one dollar of two.
  await apply(pod(namespace, CAPTURER, ['sh', '-c', '"$@" & echo $$$$ $! > /captures/processes; wait; exec sleep infinity', 'sh', ...command], overrides));
  try {
    await runningPodIP(namespace, CAPTURER);
    await eventually('tcpdump listens in the container', async () => LISTENS.test(await kubectl(['logs', CAPTURER, '-n', namespace])), { timeoutMs: 60_000, everyMs: 300 });
    const sent = await flood(target, kind, seed);
    await delay(LAST_BLOCK_MS);
    const [shell, tcpdump] = (await exec(namespace, CAPTURER, ['cat', '/captures/processes'])).split(/\s+/).map(Number) as [number, number];
    // It sees the node's processes: its numbers are this machine's.
    process.kill(tcpdump, 'SIGINT');
    await eventually('tcpdump has ended', () => !existsSync(`/proc/${tcpdump}`), { timeoutMs: LAST_BYTES_MS, everyMs: 100 });
    return shareOf(await packetsIn([`/proc/${shell}/root${CAPTURED}`]), sent);
  } finally {
    await kubectl(['delete', 'pod', CAPTURER, '-n', namespace, '--ignore-not-found', '--timeout=90s']);
  }
}
