// The ValidatingAdmissionPolicies with each kubectl of this machine, and their CEL over Jobs as a real API server completes them.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { buildJob } from '../../../src/plan/job.js';
import { workingSpec } from '../../../src/plan/run.js';
import { buildSweepJob } from '../../../src/plan/sweep.js';
import { aWorld, running } from '../../unit/plan/builders.js';
import { refusals } from '../../unit/structure/admission/policies.js';
import { startApiServer, type ApiServer } from '../api-server.js';
import { kubectl } from '../api-server/kubeconfig.js';
import { kubectls, type Kubectl } from '../kubectls.js';

/** Its kustomize is the first that knows components. */
const COMPONENTS = 21;
/** The first release of Kubernetes that serves these policies. */
const SERVED = 30;
const KINDS = ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'];

let apiServer: ApiServer;
let server: number;
let folder: string;
beforeAll(async () => {
  apiServer = await startApiServer({ flags: ['--allow-privileged=true'] });
  server = Number.parseInt((JSON.parse(await apiServer.kubectl(['get', '--raw', '/version'])) as { minor: string }).minor, 10);
  folder = await mkdtemp(path.join(tmpdir(), 'kubectl-'));
  const at = (part: string): string => path.relative(folder, path.resolve(part));
  await writeFile(path.join(folder, 'kustomization.yaml'), JSON.stringify({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources: [at('config/default')], components: [at('config/components/validating-admission-policy')] }));
  await apiServer.apply('config/namespaces', 'config/rbac', 'config/priorityclass');
}, 60_000);
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await apiServer.stop();
}, 30_000);

describe.each(kubectls())('kubectl $version', ({ binary, minor }: Kubectl) => {
  const run = (...args: string[]): Promise<string> => kubectl(binary, apiServer.kubeconfigPath, folder, args);
  const objects = (text: string): { kind: string }[] => parseAllDocuments(text, { version: '1.1' }).map((document) => document.toJSON() as { kind: string });
  const isPolicy = ({ kind }: { kind: string }): boolean => KINDS.includes(kind);

  test('renders the policies beside config/default, or says that it knows no components', async () => {
    const rendered = run('kustomize', folder);
    if (minor < COMPONENTS) {
      await expect(rendered).rejects.toThrow('unknown field "components"');
      return;
    }
    const all = objects(await rendered);
    expect(all.filter(isPolicy)).toHaveLength(12);
    expect(all.filter((object) => !isPolicy(object))).toEqual(objects(await run('kustomize', 'config/default')));
  });

  test('applies them where the server has them, and is otherwise told that it has not', async () => {
    const applied = run('apply', '-f', 'config/components/validating-admission-policy/created.yaml');
    if (server >= SERVED) expect(await applied).toContain('packetcapture-jobs-created');
    else await expect(applied).rejects.toThrow('no matches for kind "ValidatingAdmissionPolicy"');
  });
});

const { record } = running();
const { config } = aWorld();
const spec = workingSpec(record.run) as NonNullable<ReturnType<typeof workingSpec>>;

test.each<[string, object]>([
  ['a capture', buildJob(record.capture, record.run, spec, 'node-a', config)],
  ['a capture with capabilities', buildJob(record.capture, record.run, spec, 'node-b', { ...config, capturePrivileges: 'Capabilities' })],
  ['a capture with an identity of its own', buildJob(record.capture, { ...record.run, destination: { ...record.run.destination, identity: { serviceAccountName: 'packetcapture-agent', roleARN: 'arn:aws:iam::1:role/bucket-writer', audience: 'sts.amazonaws.com' } } }, spec, 'node-c', config)],
  ['a sweep', buildSweepJob('node-a', { version: 1, retentionSeconds: 1, keep: [], keepPrefixes: [] }, config)],
])('the Job of %s, with all that a server adds to it, is admitted, and so is its pod', async (_, job) => {
  const create = async (object: object): Promise<{ spec: { template: { metadata: object; spec: object } } }> => JSON.parse(await apiServer.kubectl(['create', '--dry-run=server', '-o', 'json', '-f', '-'], JSON.stringify(object))) as { spec: { template: { metadata: object; spec: object } } };
  const completed = await create(job);
  const image = { spec: { template: { spec: { containers: [{ image: config.agentImage }] } } } };
  expect(refusals({ operation: 'CREATE', group: 'batch', resource: 'jobs', namespace: 'packetcapture-jobs', username: 'system:serviceaccount:packetcapture-system:packetcapture-operator', object: completed }, image)).toEqual([]);
  const { metadata, spec: template } = completed.spec.template;
  const pod = await create({ apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name: 'a', namespace: 'packetcapture-jobs' }, spec: template });
  expect(refusals({ operation: 'CREATE', resource: 'pods', namespace: 'packetcapture-jobs', username: 'system:serviceaccount:kube-system:job-controller', object: pod })).toEqual([]);
});
