// kubectl pktcap under the roles that people are given: who gets packets, where, and by which way.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../integration/eventually.js';
import { capture, JOBS_NAMESPACE } from './support/captures.js';
import { cleanUp, readyDestination } from './support/destination.js';
import { apply, kubectl } from './support/kubectl.js';
import { account, numbersInFiles } from './support/packets.js';
import { plugin, pluginSays, runPlugin } from './support/plugin.js';
import { freshNamespace, NODES, pod, RECEIVER, runningPodIP, runToEnd, sendNumbers } from './support/workload.js';

const NS = 'e2e-plugin-roles';
const OTHER = 'e2e-plugin-roles-other';
const EDITOR = 'e2e-editor';
const VIEWER = 'e2e-viewer';
const FOLLOWER = 'e2e-follower';
const LIVE_BINDING = 'e2e-plugin-roles-live';
const [nodeA, nodeB] = NODES;
const PORT = 9000;
const SENT = 500;
let folder: string;

const binding = (namespace: string, name: string, kind: 'Role' | 'ClusterRole', role: string, user: string): object => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name, namespace },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: role },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
});
const of = (user: string, ...roles: string[]): object[] => roles.map((role) => binding(NS, `${user}-${role}`, 'ClusterRole', role, user));

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await kubectl(['delete', 'rolebinding', LIVE_BINDING, '-n', JOBS_NAMESPACE, '--ignore-not-found']);
  await Promise.all([cleanUp(NS, NS), cleanUp(OTHER)]);
}, 240_000);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plugin-roles-'));
  await Promise.all([freshNamespace(NS), freshNamespace(OTHER)]);
  await apply(...of(EDITOR, 'packetcapture-view', 'packetcapture-edit'), ...of(VIEWER, 'packetcapture-view'));
  await apply(...of(FOLLOWER, 'packetcapture-view', 'packetcapture-edit'), binding(JOBS_NAMESPACE, LIVE_BINDING, 'Role', 'packetcapture-live', FOLLOWER));
  await apply(pod(NS, 'receiver', RECEIVER, { node: nodeA }), pod(OTHER, 'receiver', RECEIVER, { node: nodeA }));
  await Promise.all([readyDestination(NS), runningPodIP(NS, 'receiver')]);
}, 240_000);

const start = (namespace: string, name: string): string[] => ['start', 'pod/receiver', '-n', namespace, '--name', name, '--filter', `udp port ${PORT}`, '--destination', NS, '-d', '5m'];

test('who has packetcapture-edit in a namespace starts, follows, stops, downloads and explains captures there, and sees packets file by file; with packetcapture-live, as they come', async () => {
  await pluginSays(start(NS, 'mine'), { as: EDITOR });
  await pluginSays(['wait', 'mine', '-n', NS, '--for=capturing', '--timeout', '90s'], { as: EDITOR });
  const watched = plugin(['watch', 'mine', '-n', NS], { as: EDITOR });
  const live = (user: string) => runPlugin(['live', 'mine', '-n', NS, '--from', 'start', '--format', 'pcap', '-w', join(folder, `${user}.pcap`)], { as: user });
  const [byFiles, byStream] = [live(EDITOR), live(FOLLOWER)];
  // What a snapshot has taken off the node before, no stream has.
  await eventually('the follower is connected', () => Promise.resolve(byStream.said.stderr.includes('connected to')), { timeoutMs: 60_000, everyMs: 200 });
  expect(await plugin(['live', 'mine', '-n', NS, '--format', 'pcap'], { as: VIEWER })).toMatchObject({ code: 6, stdout: '' });
  await runToEnd(NS, 'sender', sendNumbers(await runningPodIP(NS, 'receiver'), PORT, SENT, 500), nodeB);
  expect(await plugin(['snapshot', 'mine', '-n', NS, '--wait', '--timeout', '90s'], { as: EDITOR })).toMatchObject({ code: 0 });
  await pluginSays(['stop', 'mine', '-n', NS], { as: EDITOR });
  expect(await plugin(['wait', 'mine', '-n', NS, '--timeout', '90s'], { as: EDITOR })).toMatchObject({ code: 0 });
  expect(await watched).toMatchObject({ code: 0 });
  // Without the right to reach capture pods, out of the bucket.
  const refused = 'you may not reach capture pods (the Role packetcapture-live';
  expect(await byFiles.ended).toMatchObject({ code: 0, stderr: expect.stringContaining(refused) });
  expect(await byStream.ended).toMatchObject({ code: 0, stderr: expect.not.stringContaining(refused) });
  for (const user of [EDITOR, FOLLOWER]) expect([user, account(await numbersInFiles([join(folder, `${user}.pcap`)], PORT), SENT)]).toEqual([user, { missing: [], doubled: [] }]);
  expect(await pluginSays(['list', '-n', NS], { as: EDITOR })).toContain('mine');
  expect(await pluginSays(['explain', 'mine', '-n', NS], { as: EDITOR })).toContain('mine');
  const files = (await pluginSays(['download', 'mine', '-n', NS, '-d', join(folder, 'editor')], { as: EDITOR })).trim().split('\n');
  expect(account(await numbersInFiles(files.filter((file) => file.endsWith('.pcap')), PORT), SENT)).toEqual({ missing: [], doubled: [] });
}, 180_000);

test('in another namespace he may do nothing, and nothing is there after he tried', async () => {
  await pluginSays(start(OTHER, 'theirs'));
  const before = (await capture(OTHER, 'theirs'))?.metadata;
  for (const [command, ...args] of [start(OTHER, 'his'), ...['watch', 'wait', 'stop', 'snapshot', 'explain', 'delete', 'download', 'live'].map((one) => [one, 'theirs', '-n', OTHER]), ['list', '-n', OTHER], ['list', '-A']]) {
    const { code, stdout, stderr } = await plugin([command as string, ...args], { as: EDITOR, cwd: folder });
    expect([command, args, code, stdout]).toEqual([command, args, 6, '']);
    expect(stderr).toMatch(new RegExp(`user "${EDITOR}" may not|you may neither`));
  }
  expect(await capture(OTHER, 'his')).toBeUndefined();
  const after = (await capture(OTHER, 'theirs'))?.metadata;
  expect([after?.uid, after?.annotations]).toEqual([before?.uid, before?.annotations]);
  await kubectl(['delete', 'packetcaptures.packetcapture.dev', 'theirs', '-n', OTHER]);
}, 120_000);

test('who may view captures reads of them, and gets no packets: no download, and no URL of somebody else\'s', async () => {
  expect(await pluginSays(['list', '-n', NS], { as: VIEWER })).toContain('mine');
  expect(await pluginSays(['explain', 'mine', '-n', NS], { as: VIEWER })).toContain('mine');
  const { code, stdout, stderr } = await plugin(['download', 'mine', '-n', NS, '-d', join(folder, 'viewer')], { as: VIEWER });
  expect([code, stdout]).toEqual([6, '']);
  expect(stderr).toContain('packetcapture-');
  expect((await readdir(folder)).filter((name) => name === 'viewer')).toEqual([]);
  const download = { apiVersion: 'packetcapture.dev/v1alpha1', kind: 'CaptureDownload', metadata: { name: 'of-the-editor', namespace: NS }, spec: { captureName: 'mine' } };
  await apply(download);
  await kubectl(['wait', '--for=condition=Ready', 'capturedownloads.packetcapture.dev/of-the-editor', '-n', NS, '--timeout=60s']);
  await expect(kubectl(['get', 'capturedownloads.packetcapture.dev', '-n', NS, '-o', 'yaml', '--as', VIEWER])).rejects.toThrow('forbidden');
  await expect(kubectl(['get', 'capturedownloads.packetcapture.dev', 'of-the-editor', '-n', NS, '-o', 'yaml', '--as', VIEWER])).rejects.toThrow('forbidden');
}, 120_000);
