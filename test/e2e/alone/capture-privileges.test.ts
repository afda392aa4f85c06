// What the operator's flags --capture-privileges and --allow-host-network allow. They are the whole operator's.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CAPABILITIES } from '../../../src/plan/privileges.js';
import { applyCapture, inPhase, JOBS_NAMESPACE, podsOf, stop, type Capture } from '../support/captures.js';
import { cleanUp, readyDestination } from '../support/destination.js';
import { apply } from '../support/kubectl.js';
import { operatorArguments, setOperatorArguments } from '../support/operator.js';
import { numbers } from '../support/packets.js';
import { exec, freshNamespace, IDLE, NODES, pod, RESTRICTED, runningPodIP, sendNumbers } from '../support/workload.js';

const NS = 'e2e-privileges';
const TARGETS = ['restricted', 'on-host'];
let usual: string[] | undefined;
/** /proc/self/status in a capture container. */
let status: string;

afterAll(async () => {
  if (usual) await setOperatorArguments(usual);
  await cleanUp(NS, NS);
}, 240_000);

beforeAll(async () => {
  await freshNamespace(NS);
  const storage = await readyDestination(NS);
  usual = await operatorArguments();
  const spools = { volumes: [{ name: 'spools', hostPath: { path: '/var/lib/packetcapture' } }] };
  await Promise.all([
    setOperatorArguments([...usual, '--capture-privileges=Capabilities', '--allow-host-network']),
    apply(
      pod(NS, 'restricted', IDLE, { node: NODES[0], ...RESTRICTED }),
      pod(NS, 'on-host', IDLE, { node: NODES[0], spec: { hostNetwork: true } }),
      pod(NS, 'watcher', IDLE, { node: NODES[0], spec: spools, container: { volumeMounts: [{ name: 'spools', mountPath: '/spools', readOnly: true }] } }),
    ),
  ]);
  await Promise.all([...TARGETS, 'watcher'].map((name) => runningPodIP(NS, name)));
  for (const name of TARGETS) await applyCapture(NS, name, { target: { podName: name }, filter: 'udp port 9001', interface: 'lo', duration: '10m', ...storage });
  const captures = await Promise.all(TARGETS.map((name) => inPhase(NS, name, 'Capturing')));
  const [agent] = await podsOf(captures[0] as Capture);
  const read = exec(JOBS_NAMESPACE, agent?.metadata.name ?? '', ['cat', '/proc/self/status']);
  await Promise.all(TARGETS.map((name) => exec(NS, name, sendNumbers('127.0.0.1', 9001, 100, 500))));
  status = await read;
  for (const name of TARGETS) await stop(NS, name);
}, 240_000);

const BITS: Record<string, bigint> = { SETGID: 6n, NET_RAW: 13n, SYS_PTRACE: 19n, SYS_ADMIN: 21n, SYS_NICE: 23n };

test('a capture container holds its capabilities and no other, behind the seccomp filter of the runtime', () => {
  const list = CAPABILITIES.reduce((sum, name) => sum | (1n << (BITS[name] ?? 63n)), 0n);
  for (const set of ['CapPrm', 'CapEff', 'CapBnd']) expect([set, BigInt(`0x${new RegExp(`^${set}:\\s+(\\w+)`, 'm').exec(status)?.[1]}`)]).toEqual([set, list]);
  expect(status).toMatch(/^Seccomp:\s+2$/m);
});

test.each(TARGETS)('the packets of pod %s are captured by it, and no file stays on the node', async (name) => {
  const { metadata, status: { run } = {} } = await inPhase(NS, name, 'Complete', 60_000);
  expect([...new Set(await numbers(run?.destination?.prefix ?? 'none', 9001))]).toEqual(Array.from({ length: 100 }, (_, n) => n));
  expect((await exec(NS, 'watcher', ['find', '/spools', '-type', 'f'])).split('\n').filter((path) => path.includes(metadata.uid))).toEqual([]);
}, 90_000);
