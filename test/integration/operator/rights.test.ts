// The operator as the ServiceAccount that is installed: each of its rights is taken away in turn, and something that a person would see fails until it is given back.
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { API_VERSION, LABEL, MANAGED_BY, STOP_ANNOTATION } from '../../../src/api/group.js';
import { pause, systemClock } from '../../../src/kube/clock.js';
import type { Kube } from '../../../src/kube/kube.js';
import type { KubeObject } from '../../../src/kube/object.js';
import { JOBS, NAMESPACES, NODES, PODS } from '../../../src/kube/resources.js';
import { PACKET_CAPTURES } from '../../../src/api/kinds.js';
import { CONTROL_ANNOTATION } from '../../../src/protocol/control.js';
import { startLogEndpoint, type LogEndpoint } from '../api-server/log-endpoint.js';
import { eventually } from '../eventually.js';
import { auditOf, type Asked, type Audit } from './rights/audit.js';
import { idOf, rights, without, type Right } from './rights/roles.js';
import { wholeLife, type Stage, type Step } from './rights/stage.js';
import { STEPS } from './rights/steps.js';
import { WORKSHOP } from './rights/workloads.js';
import { aCapture, aPod, JOBS_NAMESPACE, list, NAMESPACE, operatorScene, records, SYSTEM_NAMESPACE, type OperatorProcess, type OperatorScene } from './scene.js';

const USER = `system:serviceaccount:${SYSTEM_NAMESPACE}:packetcapture-operator`;
const FLAGS = ['--leader-elect=false', '--max-captures-per-namespace=0', '--max-captures-per-node=0'];
/** What needs no right it would have done by then. */
const SETTLE_MS = 500;

let scene: OperatorScene;
let admin: Kube;
let audit: Audit;
let endpoint: LogEndpoint;
let kubeconfig: string;
let operator: OperatorProcess;
let stage: Stage;

beforeAll(async () => {
  audit = await auditOf(USER);
  scene = await operatorScene('rights/', { flags: audit.flags });
  ({ admin } = scene);
  kubeconfig = await kubeconfigOfTheServiceAccount();
  endpoint = await startLogEndpoint();
  await admin.create(NAMESPACES, undefined, { metadata: { name: WORKSHOP } });
  await admin.create(NODES, undefined, { metadata: { name: 'node-a' } });
  await admin.patch(NODES, undefined, 'node-a', { status: { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }], daemonEndpoints: { kubeletEndpoint: { Port: endpoint.port } }, conditions: [{ type: 'Ready', status: 'True' }] } }, { type: 'merge', subresource: 'status' });
  await admin.create(PODS, SYSTEM_NAMESPACE, { metadata: { name: 'operator' }, spec: { containers: [{ name: 'operator', image: 'packetcapture:1' }] } });
  const { SANDBOX_S3_ENDPOINT, SANDBOX_S3_BUCKET, SANDBOX_S3_ACCESS_KEY_ID: key = '', SANDBOX_S3_SECRET_ACCESS_KEY: secret = '' } = process.env;
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  stage = {
    admin,
    s3: { endpoint: SANDBOX_S3_ENDPOINT, bucket: SANDBOX_S3_BUCKET, keys: { accessKeyId: base64(key), secretAccessKey: base64(secret) } },
    logs: endpoint.logs,
    operator: () => operator,
    apply: (object) => scene.apiServer.kubectl(['apply', '-f', '-'], JSON.stringify(object)),
  };
  start();
  await isUp();
}, 120_000);
afterAll(async () => {
  endpoint?.close();
  await audit?.remove();
  await scene?.stop();
}, 30_000);

/** With a token that the API server issues, as a pod of the operator has it. */
async function kubeconfigOfTheServiceAccount(): Promise<string> {
  const printed = await scene.apiServer.kubectl(['create', '--raw', `/api/v1/namespaces/${SYSTEM_NAMESPACE}/serviceaccounts/packetcapture-operator/token`, '-f', '-'], JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }));
  const { status: { token } } = JSON.parse(printed) as { status: { token: string } };
  const { kubeconfigPath } = scene.apiServer;
  const config = JSON.parse(await readFile(kubeconfigPath, 'utf8')) as { users: object[]; contexts: { context: { user: string } }[] };
  const user = config.contexts[0]?.context.user;
  const file = `${kubeconfigPath}.operator`;
  await writeFile(file, JSON.stringify({ ...config, users: [{ name: user, user: { token } }] }));
  return file;
}

/** In place of the one before. */
function start({ args = [], env = {} }: NonNullable<Step['starts']> = {}): void {
  operator?.child.kill('SIGKILL');
  operator = scene.startOperator([...FLAGS, ...args], { KUBECONFIG: kubeconfig, ...env });
}
const isUp = (): Promise<true> => eventually('the operator runs', () => operator.log().includes('"operator runs"') || ended(), { timeoutMs: 60_000 });
/** It has looked at what there is: from now on it hears only what it watches. */
const works = (): Promise<true> => eventually('the operator works', () => operator.log().includes('"reconciled"') || ended(), { timeoutMs: 60_000 });
const ended = (): false => {
  if (operator.child.exitCode !== null) throw new Error(`the operator ended: ${operator.log().slice(-1000)}`);
  return false;
};

const isOf = ({ resource, verb, where }: Right) => (asked: Asked): boolean => asked.resource === resource && asked.verb === verb && (where === '*' || asked.namespace === where);
const named = ({ verb, resource, namespace }: Asked): string => `${verb} ${resource}${namespace === undefined ? '' : ` in ${namespace}`}`;

/** What is seen while the operator lacks one right, and after. */
async function trial(right: Right, step: Step): Promise<void> {
  const before = (await audit.asked()).length;
  const giveBack = await without(admin, USER, right);
  let isRestored = false;
  const restored = async (): Promise<void> => {
    if (isRestored) return;
    isRestored = true;
    await giveBack();
  };
  try {
    if (step.starts) start(step.starts);
    if (step.starts && !step.startFails) await works();
    const since = operator.log().length;
    const isDone = await step.begin(stage);
    const refusals = async (): Promise<Asked[]> => (await audit.asked()).slice(before).filter(({ allowed }) => !allowed);
    await eventually('the API server refuses it', async () => (await refusals()).some(isOf(right)), { timeoutMs: 30_000 });
    const words = `cannot ${right.verb} resource "${right.resource.replace(/\.[^/]*/, '')}"`;
    await eventually(`the operator's log says: ${words}`, () => operator.log().replaceAll('\\"', '"').slice(step.starts ? 0 : Math.max(0, since - 2000)).includes(words));
    await pause(systemClock, SETTLE_MS);
    expect(await isDone()).toBeFalsy();
    expect([...new Set((await refusals()).filter((asked) => !isOf(right)(asked)).map(named))]).toEqual([]);
    await restored();
    // Who ended for want of it is started again by the kubelet.
    if (step.starts && operator.child.exitCode !== null) start(step.starts);
    await eventually('it comes to its end with the right', isDone, { timeoutMs: 60_000, everyMs: 100 });
  } finally {
    await restored();
  }
  if (step.starts?.args || step.starts?.env) {
    operator.child.kill('SIGTERM');
    await eventually('it ended', () => operator.child.exitCode !== null || operator.child.signalCode !== null);
    start();
    await isUp();
  }
}

/** As docs/rbac.md has it. */
const rowOf = ({ where, resource, verb }: Right, { fails }: Step): string => `| ${where === '*' ? 'everywhere' : where} | ${resource} | ${verb} | ${fails} |`;

test('each right of the operator is needed, and is enough for what it is for', async () => {
  const all = await rights(admin);
  // Whoever adds a right says in STEPS what fails without it.
  expect(Object.keys(STEPS).sort()).toEqual(all.map(idOf).sort());
  const table = all.map((right) => rowOf(right, STEPS[idOf(right)] as Step));
  expect((await readFile('docs/rbac.md', 'utf8')).split('\n').filter((line) => /^\| (everywhere|packetcapture-)/.test(line))).toEqual(table);

  await wholeLife(stage);
  expect((await audit.asked()).filter(({ allowed }) => !allowed).map(named)).toEqual([]);

  const problems: string[] = [];
  for (const right of all) {
    const step = STEPS[idOf(right)] as Step;
    const at = performance.now();
    await trial(right, step).catch((error: Error) => void problems.push(`${idOf(right)}: ${error.message}${error.cause instanceof Error ? ` (${error.cause.message})` : ''}`));
    if (process.env['RIGHTS_TIMES']) process.stderr.write(`${idOf(right)} ${Math.round(performance.now() - at)} ms\n`);
  }
  expect(problems).toEqual([]);
  const used = new Set((await audit.asked()).filter(({ allowed, by }) => allowed && by === 'packetcapture-operator').map((asked) => `${asked.verb} ${asked.resource}`));
  expect(all.filter(({ verb, resource }) => !used.has(`${verb} ${resource}`)).map(idOf)).toEqual([]);
  process.stdout.write(['| where | resource | verb | without it |', '|---|---|---|---|', ...table, ''].join('\n'));
}, 400_000);

test('a capture has the operator look and write where it lives, and nowhere else', async () => {
  for (const namespace of ['bank', 'office']) await scene.apiServer.kubectl(['create', 'namespace', namespace]);
  const labels = { book: 'ledger' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'x' }] } };
  const ledger = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'ledger', namespace: 'bank' }, spec: { selector: { matchLabels: labels }, template } };
  await stage.apply(ledger);
  await aPod(admin, 'bank', 'ledger-0', labels, { phase: 'Running', podIP: '10.0.0.9', podIPs: [{ ip: '10.0.0.9' }] });
  await aPod(admin, 'office', 'desk-0', {}, { phase: 'Running', podIP: '10.0.0.8', podIPs: [{ ip: '10.0.0.8' }] });
  const victim = await admin.create(PACKET_CAPTURES, 'office', { apiVersion: API_VERSION, kind: 'PacketCapture', metadata: { name: 'victim' }, spec: { target: { podName: 'desk-0' }, storage: { destinationRef: { name: 'team' } } } });
  const jobsOf = (uid: string) => list(admin, JOBS, JOBS_NAMESPACE, { labelSelector: `${LABEL.captureUID}=${uid}` });
  await eventually('the other runs', async () => (await jobsOf(victim.metadata.uid)).length > 0, { timeoutMs: 30_000 });
  const run = (await records(admin)).find(({ capture }) => capture.uid === victim.metadata.uid)?.run;

  // A Service of his own whose selector and endpoints are another's pods.
  await stage.apply({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'ledger', namespace: NAMESPACE }, spec: { selector: labels, ports: [{ port: 80 }] } });
  await stage.apply({ apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'ledger', namespace: NAMESPACE }, subsets: [{ addresses: [{ ip: '10.0.0.9', targetRef: { kind: 'Pod', name: 'ledger-0', namespace: 'bank' } }], ports: [{ port: 80 }] }] });
  const reaches = {
    'by-name': { podName: 'ledger-0' },
    'by-path': { podName: 'ledger-0', namespace: 'bank' },
    'by-labels': { podSelector: { matchLabels: labels, namespaceSelector: {} } },
    'by-label-of-a-namespace': { podSelector: { matchExpressions: [{ key: 'book', operator: 'Exists' }] }, namespaceSelector: {} },
    'by-workload': { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'ledger', namespace: 'bank' } },
    'by-service': { workloadRef: { apiVersion: 'v1', kind: 'Service', name: 'ledger' } },
  };
  const hostile = await Promise.all(Object.entries(reaches).map(([name, target]) => aCapture(admin, name, { target })));
  // Words of the operator's own, and an owner in another namespace.
  const imitation = { [LABEL.managedBy]: MANAGED_BY, [LABEL.captureUID]: victim.metadata.uid, [LABEL.runID]: run?.id ?? '', team: 'shop' };
  const imitator = await admin.create(PACKET_CAPTURES, NAMESPACE, {
    apiVersion: API_VERSION,
    kind: 'PacketCapture',
    metadata: { name: `n${'a'.repeat(252)}`, labels: imitation, annotations: { [STOP_ANNOTATION]: run?.id ?? '', [CONTROL_ANNOTATION]: '{"stop":{}}', note: 'shop' }, ownerReferences: [{ apiVersion: API_VERSION, kind: 'PacketCapture', name: 'victim', uid: victim.metadata.uid, blockOwnerDeletion: true }] },
    spec: { target: { podName: 'web-0' }, storage: { destinationRef: { name: 'team' } }, runToken: 'r'.repeat(64) },
  });

  const [job] = await eventually('it runs', async () => { const jobs = await jobsOf(imitator.metadata.uid); return jobs.length > 0 && jobs; }, { timeoutMs: 30_000 });
  const [others] = await jobsOf(victim.metadata.uid);
  expect(job?.metadata.name).not.toBe(others?.metadata.name);
  expect(job?.metadata).not.toHaveProperty('ownerReferences');
  expect(JSON.stringify(job)).not.toMatch(/"team"|"note"|"ledger/);
  for (const { metadata: { name, uid } } of hostile) {
    const capture = await eventually(`${name} is told`, async () => { const found = await admin.get<KubeObject & { status?: { conditions?: object[]; run?: object } }>(PACKET_CAPTURES, NAMESPACE, name); return found?.status?.conditions && found; }, { timeoutMs: 30_000 });
    expect({ name, jobs: await jobsOf(uid), run: capture.status?.run }).toEqual({ name, jobs: [], run: undefined });
  }
  expect((await records(admin)).find(({ capture }) => capture.uid === victim.metadata.uid)?.run).toMatchObject({ id: run?.id });
  expect((await records(admin)).find(({ capture }) => capture.uid === victim.metadata.uid)?.run.stop).toBeUndefined();
  const where = new Set((await audit.asked()).filter(({ allowed }) => allowed).map(({ namespace }) => namespace));
  // Events about what is of no namespace are in `default`.
  expect([...where].sort()).toEqual(['default', 'office', JOBS_NAMESPACE, SYSTEM_NAMESPACE, NAMESPACE, WORKSHOP, undefined].sort());
  // Of the Secrets and ConfigMaps beside it, each by its name.
  expect((await audit.asked()).filter(({ namespace, resource, name }) => namespace === SYSTEM_NAMESPACE && ['secrets', 'configmaps'].includes(resource) && name === undefined)).toEqual([]);
}, 90_000);
