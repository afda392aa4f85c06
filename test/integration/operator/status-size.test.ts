// How large a PacketCapture becomes on a real API server with as many targets as there may be.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createKube } from '../../../src/kube/client.js';
import type { Kube } from '../../../src/kube/kube.js';
import { LIVE_ANNOTATION } from '../../../src/api/group.js';
import { PACKET_CAPTURES } from '../../../src/api/kinds.js';
import { mergePatch } from '../../../src/operator/merge-patch.js';
import type { CaptureObject, PodObject } from '../../../src/plan/objects.js';
import { planCapture } from '../../../src/plan/plan.js';
import type { RunRecord } from '../../../src/plan/record.js';
import type { Ledger } from '../../../src/protocol/ledger.js';
import type { Report } from '../../../src/protocol/report.js';
import { anAgentPod, aPod, aReport, aWorld, NOW } from '../../unit/plan/builders.js';
import { startApiServer, type ApiServer } from '../api-server.js';
import { eventually } from '../eventually.js';

const LIVE = 50;
const NODES = 10;
/** As long as the names of a ReplicaSet's pods get: theirs end in 16 characters of their own. */
const podName = (n: number): string => `${'checkout-frontend-production-eu-west-1-canary'.padEnd(47, 'x')}-${(0xabcdef0000 + n).toString(16)}-${String(n).padStart(5, 'p')}`.slice(0, 63);
const nodeName = (n: number): string => `ip-10-20-130-${n}.eu-central-1.compute.internal`;
const uidOf = (n: number): string => `${(0x10000000 + n).toString(16)}-1111-4222-8333-444455556666`;

let apiServer: ApiServer;
let kube: Kube;
beforeAll(async () => {
  apiServer = await startApiServer({});
  await apiServer.apply('crds');
  await apiServer.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
  kube = createKube(apiServer.kubeConfig, { userAgent: 'packetcapture/1' });
}, 120_000);
afterAll(() => apiServer.stop(), 30_000);

const webPod = (n: number): PodObject =>
  aPod({ metadata: { name: podName(n), namespace: 'default', uid: uidOf(n), labels: { app: 'web' } }, spec: { nodeName: nodeName(n % NODES) }, status: { podIP: `10.0.0.${n % 250}`, podIPs: [{ ip: `10.0.0.${n % 250}` }] } });

/** The numbers of days. */
function busy(n: number): Ledger {
  const of = (captured: number, discarded = 0) => ({ captured, uploaded: captured - discarded - 123_456, pending: 123_456, discarded });
  return { packets: { ...of(987_654_321 + n, 1_234_567), released: 1_200_000, droppedByKernel: 76_543, droppedByInterface: 12 }, files: of(1_234_567), bytes: of(98_765_432_109, 1_234_567_890) };
}

function reportOf(record: RunRecord, node: string, podUID: string, number: number, isLast: boolean): Report {
  const { run } = record;
  const mine = run.targets.filter((t) => t.node === node);
  const ended = (goneTime: string | undefined) => (goneTime === undefined ? { state: 'Capturing', reason: 'SpoolUnreadable', message: 'what tcpdump wrote cannot be read back: '.padEnd(300, 'EIO ') } : { state: 'Ended', stopReason: 'TargetGone', stopTime: goneTime });
  const report = aReport(record, {
    node,
    podUID,
    number,
    ledger: busy(0),
    targets: mine.map(({ name, goneTime }, n) => ({ name, ...ended(goneTime), ledger: busy(n) })),
    recentFiles: mine.slice(0, 3).map(({ name }) => ({ key: `clusters/prod/default/everything/${run.id}/${name}/01-000123_20261120T030512Z.pcap`, target: name, size: 10_000_123, sha256: 'a'.repeat(64), packets: 12_345, firstPacketTime: new Date(NOW).toISOString(), lastPacketTime: new Date(NOW).toISOString() })),
    delivery: { ok: true },
  });
  return isLast ? endOf(report) : report;
}

function statesOf({ status }: CaptureObject): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { state } of (status as { targets: { state: string }[] }).targets) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

/** All is over: but for one of each node's, the targets could not be captured. */
function endOf(report: Report): Report {
  const targets = report.targets.map((target, n) => (n === 0 ? { ...target, state: 'Ended', stopReason: 'Duration' } : { ...target, state: 'Failed', reason: 'NetworkNamespaceNotFound', stopReason: 'Failed' }));
  const { packets, files, bytes } = report.ledger;
  const settled = <A extends { captured: number; uploaded: number; pending: number }>(account: A): A => ({ ...account, uploaded: account.uploaded + account.pending, pending: 0 });
  return { ...report, number: report.number + 1, ledger: { packets: settled(packets), files: settled(files), bytes: settled(bytes) }, targets, stopReason: 'Duration', stopTime: new Date(NOW).toISOString(), phase: 'Done', done: true };
}

test('with 50 live targets and the newest 20 that ended, and with most of them failed at the end, the object stays below 64 KiB, managed fields, a live session and all', async () => {
  const target = { podSelector: { matchLabels: { app: 'web' } }, maxTargets: LIVE };
  let object = (await eventually('captures are served', () =>
    kube.create(PACKET_CAPTURES, 'default', { apiVersion: 'packetcapture.dev/v1alpha1', kind: 'PacketCapture', metadata: { name: 'everything', annotations: { [LIVE_ANNOTATION]: 'a'.repeat(64) } }, spec: { target, filter: 'tcp port 8080', duration: '2h' } }),
  )) as unknown as CaptureObject;
  let record: RunRecord | undefined;
  let largest = 0;
  for (let turn = 0; turn < 9; turn += 1) {
    const isLast = turn === 8;
    // Each turn ten pods have been replaced, but in the last two: their reports tell of all.
    const targetPods = Array.from({ length: LIVE }, (_, n) => webPod(n + 10 * Math.min(turn, 6)));
    const pods = record?.run.nodes.map(({ node, jobName }) => ({ ...anAgentPod(record as RunRecord, `agent-${node}`, { metadata: { labels: { 'job-name': jobName } } }), spec: { nodeName: node } })) ?? [];
    const known = record;
    const plan = planCapture({ ...aWorld({ capture: object, targetPods, pods }), ...(known && { record: known }), report: (uid) => (known ? reportOf(known, uid.replace('agent-', ''), uid, turn, isLast) : undefined) });
    record = plan.record;
    const patch = mergePatch((object.status ?? {}), plan.status);
    const patched = await kube.patch(PACKET_CAPTURES, 'default', 'everything', { status: patch }, { type: 'merge', subresource: 'status' });
    object = patched as unknown as CaptureObject;
    largest = Math.max(largest, Buffer.byteLength(JSON.stringify(patched)));
    if (turn === 7) expect(statesOf(object)).toEqual({ Capturing: LIVE, Ended: 20 });
  }
  expect(statesOf(object)['Failed']).toBeGreaterThanOrEqual(LIVE - NODES);
  const complete = (object.status as { conditions: { type: string; reason: string; message: string }[] }).conditions.find(({ type }) => type === 'Complete');
  expect(complete).toMatchObject({ reason: 'SomeTargetsFailed', message: expect.stringMatching(/ \(NetworkNamespaceNotFound\), and \d+ more$/) });
  expect(largest).toBeLessThan(64 * 1024 - 1024);
}, 60_000);
