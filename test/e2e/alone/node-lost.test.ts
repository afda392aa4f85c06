// A node that nobody can ask, and that comes back: its kubelet is stopped, as on a node that hangs or is cut off, while its agent captures on.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { eventually } from '../../integration/eventually.js';
import { applyCapture, captureThat, condition, inPhase, jobsOf } from '../support/captures.js';
import { cleanUp, readyDestination } from '../support/destination.js';
import { apply, kubectl } from '../support/kubectl.js';
import { operatorArguments, setOperatorArguments } from '../support/operator.js';
import { account, numbers } from '../support/packets.js';
import { freshNamespace, NODES, pod, podStatus, RECEIVER, runningPodIP, sendNumbers } from '../support/workload.js';

const NS = 'e2e-node-lost';
const [nodeA, nodeB] = NODES as [string, string];
let storage: object;
let ip: string;
let args: string[];

/** The nodes of the sandbox are processes of this machine. */
function kubeletOf(node: string): number {
  const pid = readdirSync('/proc').map(Number).filter(Number.isInteger).find((n) => {
    try {
      const [program = '', ...rest] = readFileSync(`/proc/${n}/cmdline`, 'utf8').split('\0');
      return program.endsWith('/kubelet') && rest[rest.indexOf('--hostname-override') + 1] === node;
    } catch {
      return false;
    }
  });
  if (pid === undefined) throw new Error(`no kubelet of ${node} runs on this machine: this test needs the sandbox (hack/sandbox/sandbox up)`);
  return pid;
}
let stopped: number | undefined;
const resume = (): void => {
  if (stopped !== undefined) process.kill(stopped, 'SIGCONT');
  stopped = undefined;
};

beforeAll(async () => {
  await freshNamespace(NS);
  storage = await readyDestination(NS);
  await apply(pod(NS, 'receiver', RECEIVER, { node: nodeB }));
  ip = await runningPodIP(NS, 'receiver');
  args = await operatorArguments();
  await setOperatorArguments([...args, '--node-lost-after=10s']);
}, 240_000);
afterAll(async () => {
  resume();
  await setOperatorArguments(args);
  await kubectl(['wait', '--for=condition=Ready', `node/${nodeB}`, '--timeout=60s']);
  await cleanUp(NS, NS);
}, 300_000);

test('its run is Failed for as long as that lasts, and complete with all that its agent captured meanwhile', async () => {
  await applyCapture(NS, 'lost', { target: { podName: 'receiver' }, filter: 'udp port 9000', duration: '10m', ring: { rotateInterval: '2s' }, ...storage });
  const capturing = await inPhase(NS, 'lost', 'Capturing');
  const jobs = (await jobsOf(capturing)).map(({ metadata }) => metadata.uid);
  stopped = kubeletOf(nodeB);
  process.kill(stopped, 'SIGSTOP');
  await apply(pod(NS, 'sender', sendNumbers(ip, 9000, 4000, 200), { node: nodeA, spec: { restartPolicy: 'Never' } }));
  await eventually('the sender has ended', async () => (await podStatus(NS, 'sender'))?.status.phase === 'Succeeded', { timeoutMs: 60_000, everyMs: 300 });
  await captureThat(NS, 'lost', 'nobody knows whether anything is lost', (c) => condition(c, 'LossDetected')?.status === 'Unknown', 120_000);
  const lost = await captureThat(NS, 'lost', 'its node is lost', (c) => condition(c, 'Failed')?.status === 'True', 60_000);
  expect(condition(lost, 'Failed')?.reason).toBe('NodeLost');
  expect((await jobsOf(lost)).map(({ metadata }) => metadata.uid)).toEqual(jobs);

  resume();
  const done = await captureThat(NS, 'lost', 'it is complete', (c) => c.status?.phase === 'Complete', 120_000);
  expect(account(await numbers(done.status?.run?.destination?.prefix ?? 'none', 9000), 4000)).toEqual({ missing: [], doubled: [] });
  expect(done.status).toMatchObject({ run: { id: capturing.status?.run?.id, stopReason: 'NodeLost' }, packets: { captured: 4000, uploaded: 4000, pending: 0 }, gaps: { count: 0 } });
  expect(condition(done, 'LossDetected')?.status).toBe('False');
}, 360_000);
