// What of the operator's work needs which of its rights: for each the shortest stretch of work that does not come to its end without it.
import { STOP_ANNOTATION } from '../../../../src/api/group.js';
import type { KubeObject } from '../../../../src/kube/object.js';
import { CONFIG_MAPS, EVENTS, JOBS, LEASES, NODES, PODS, SECRETS } from '../../../../src/kube/resources.js';
import { PACKET_CAPTURES } from '../../../../src/api/kinds.js';
import { eventually } from '../../eventually.js';
import { aCapture, JOBS_NAMESPACE, list, NAMESPACE, SYSTEM_NAMESPACE } from '../scene.js';
import { aConfigMap, addressed, aDestination, aSecret, captureOf, capturing, childrenOf, control, destinationHasStatus, fresh, phase, podIsRunning, readyReason, runOf, says, trusting, withPod, type Step } from './stage.js';
import { downloadSteps } from './downloads.js';
import { recordGoes, strayJobGoes, straySecretGoes } from './strays.js';
import { workloadSteps } from './workloads.js';

const hasStatus = capturing(({ admin }, { metadata }) => phase(admin, metadata.name));
const hasJob = capturing(async ({ admin }, { metadata }) => (await childrenOf(admin, JOBS, metadata.uid)).length > 0);

/** Every start: the caches are complete. */
const runs: Step['begin'] = (stage) => Promise.resolve(() => Promise.resolve(stage.operator().log().includes('"operator runs"')));
const leads: Step['begin'] = (stage) => Promise.resolve(() => Promise.resolve(stage.operator().log().includes('"leads"')));
const ELECTION = ['--leader-elect=true', '--leader-elect-lease-duration=2s', '--leader-elect-renew-deadline=1500ms', '--leader-elect-retry-period=300ms'];

const notReadyAtStart = (what: string): Step => ({ fails: `an operator that starts never becomes ready: it does not know ${what}`, starts: {}, startFails: true, begin: runs });

/** By right: `<where> <resource> <verb>`. */
export const STEPS: Record<string, Step> = {
  'cluster packetcaptures.packetcapture.dev list': notReadyAtStart('the captures'),
  'cluster packetcaptures.packetcapture.dev watch': { fails: 'a new capture is not noticed', starts: {}, begin: hasStatus },
  'cluster packetcaptures.packetcapture.dev patch': { fails: 'no run begins: its finalizer can not be set', begin: hasJob },
  'cluster packetcaptures.packetcapture.dev/status patch': { fails: 'a capture has no status', begin: hasStatus },
  'cluster clustercapturedestinations.packetcapture.dev list': notReadyAtStart('the destinations'),
  'cluster clustercapturedestinations.packetcapture.dev watch': { fails: 'a new destination is not noticed', starts: {}, begin: destinationHasStatus },
  'cluster clustercapturedestinations.packetcapture.dev/status patch': { fails: 'a destination has no status, and no capture uses it', begin: destinationHasStatus },
  ...downloadSteps,
  'cluster pods list': notReadyAtStart('the capture pods'),
  'cluster pods watch': { fails: 'a capture pod is not noticed, and waits for ever', starts: {}, begin: async (stage) => {
    const running = await withPod(stage);
    return () => control(stage.admin, running);
  } },
  'cluster jobs.batch list': notReadyAtStart('the capture Jobs'),
  'cluster jobs.batch watch': { fails: 'a Job that shall not be there is not noticed, and stays', starts: {}, begin: strayJobGoes },
  ...workloadSteps,
  'cluster nodes get': { fails: 'a run whose capture pod is not ready stands still: it hears no stop', begin: async (stage) => {
    const running = await addressed(stage);
    const { capture, pod } = running;
    await stage.admin.patch(PODS, JOBS_NAMESPACE, pod.metadata.name, { status: { conditions: [{ type: 'Ready', status: 'False' }] } }, { type: 'merge', subresource: 'status' });
    const run = await runOf(stage.admin, capture.metadata.uid);
    await stage.admin.patch(PACKET_CAPTURES, NAMESPACE, capture.metadata.name, { metadata: { annotations: { [STOP_ANNOTATION]: run.id } } }, { type: 'merge' });
    return async () => (JSON.parse((await control(stage.admin, running)) ?? '{}') as { stop?: object }).stop;
  } },
  'cluster namespaces get': { fails: 'a capture whose destination says which namespaces may use it does not begin', begin: async (stage) => {
    const name = await aDestination(stage, { spec: { allowedNamespaces: { from: 'Selector', selector: { matchLabels: { team: 'another' } } } } });
    await eventually('the destination is ready', async () => (await readyReason(stage.admin, name)) === 'BucketUsable', { timeoutMs: 30_000 });
    const capture = await aCapture(stage.admin, fresh(), { storage: { destinationRef: { name } } });
    return async () => /NamespaceNotAllowed/.test(await says(stage.admin, capture.metadata.name));
  } },
  'cluster events create': { fails: 'captures tell no Events', begin: async (stage) => {
    const before = (await stage.admin.list(EVENTS, NAMESPACE)).items.length;
    await aCapture(stage.admin, fresh());
    return async () => {
      // What could not be told is not told again: another capture is.
      if ((await stage.admin.list(EVENTS, NAMESPACE)).items.length > before) return true;
      await aCapture(stage.admin, fresh());
      return false;
    };
  } },
  'cluster events patch': { fails: 'an Event that comes again is told no more', begin: async (stage) => {
    const secret = await aSecret(stage);
    const name = await aDestination(stage, { secret });
    const turnsTo = async (data: object, reason: string): Promise<void> => {
      await stage.admin.patch(SECRETS, SYSTEM_NAMESPACE, secret, { data }, { type: 'merge' });
      await eventually(`the destination says ${reason}`, async () => (await readyReason(stage.admin, name)) === reason, { timeoutMs: 30_000 });
    };
    const again = async (): Promise<void> => {
      await turnsTo({ accessKeyId: '' }, 'CredentialsNotFound');
      await turnsTo(stage.s3.keys, 'BucketUsable');
    };
    await turnsTo({}, 'BucketUsable');
    await again();
    return async () => {
      if ((await list(stage.admin, EVENTS, 'default', { fieldSelector: `involvedObject.name=${name}` })).some((event) => Number(event['count']) > 1)) return true;
      await again();
      return false;
    };
  } },

  [`${JOBS_NAMESPACE} jobs.batch create`]: { fails: 'no run begins: the capture says that its pod was refused, in the words of the cluster', begin: hasJob },
  [`${JOBS_NAMESPACE} jobs.batch patch`]: { fails: 'a drained node gets a new capture pod again and again', begin: async (stage) => {
    const running = await addressed(stage);
    const { capture, pod } = running;
    await stage.admin.patch(NODES, undefined, 'node-a', { spec: { unschedulable: true } }, { type: 'merge' });
    await stage.admin.remove(PODS, JOBS_NAMESPACE, pod.metadata.name, { gracePeriodSeconds: 0 });
    return async () => {
      const [job] = (await childrenOf(stage.admin, JOBS, capture.metadata.uid)) as (KubeObject & { spec: { parallelism: number } })[];
      if (job?.spec.parallelism !== 0) return false;
      await stage.admin.patch(NODES, undefined, 'node-a', { spec: { unschedulable: null } }, { type: 'merge' });
      return true;
    };
  } },
  [`${JOBS_NAMESPACE} jobs.batch delete`]: { fails: 'Jobs of runs that are over stay for ever', begin: strayJobGoes },
  [`${JOBS_NAMESPACE} pods patch`]: { fails: 'a capture pod is told nothing, and captures nothing', begin: async (stage) => {
    const running = await withPod(stage);
    return () => control(stage.admin, running);
  } },
  [`${JOBS_NAMESPACE} pods/log get`]: { fails: 'nothing is seen of a run until it ends', begin: async (stage) => {
    const running = await addressed(stage);
    await podIsRunning(stage, running, 42);
    return async () => (await captureOf(stage.admin, running.capture.metadata.name))?.status?.packets?.captured === 42;
  } },
  [`${JOBS_NAMESPACE} configmaps get`]: { fails: 'no capture is looked at: without its record nothing is decided', begin: hasStatus },
  [`${JOBS_NAMESPACE} configmaps list`]: notReadyAtStart('the run records'),
  [`${JOBS_NAMESPACE} configmaps watch`]: { fails: 'a run record that comes or goes is not noticed', starts: {}, begin: recordGoes },
  [`${JOBS_NAMESPACE} configmaps create`]: { fails: 'no run begins: it can not be remembered', begin: hasJob },
  [`${JOBS_NAMESPACE} configmaps update`]: { fails: 'no capture pod is addressed: which one it is can not be remembered', begin: async (stage) => {
    const running = await withPod(stage);
    return () => control(stage.admin, running);
  } },
  [`${JOBS_NAMESPACE} configmaps delete`]: { fails: 'captures that are gone are remembered for ever', begin: recordGoes },
  [`${JOBS_NAMESPACE} secrets list`]: notReadyAtStart('the Secrets of runs'),
  [`${JOBS_NAMESPACE} secrets watch`]: { fails: 'a Secret that shall not be there is not noticed, and stays', starts: {}, begin: straySecretGoes },
  [`${JOBS_NAMESPACE} secrets create`]: { fails: 'a capture pod gets no keys and does not start', begin: capturing(async ({ admin }, { metadata }) => (await childrenOf(admin, SECRETS, metadata.uid)).length > 0) },
  [`${JOBS_NAMESPACE} secrets patch`]: { fails: 'keys that are rotated do not reach the runs under way', begin: async (stage) => {
    const { capture } = await addressed(stage);
    const sessionToken = Buffer.from(fresh()).toString('base64');
    await stage.admin.patch(SECRETS, SYSTEM_NAMESPACE, 's3', { data: { sessionToken } }, { type: 'merge' });
    return async () => {
      const [secret] = (await childrenOf(stage.admin, SECRETS, capture.metadata.uid)) as (KubeObject & { data: Record<string, string> })[];
      if (secret?.data['sessionToken'] !== sessionToken) return false;
      await stage.admin.patch(SECRETS, SYSTEM_NAMESPACE, 's3', { data: { sessionToken: null } }, { type: 'merge' });
      return true;
    };
  } },
  [`${JOBS_NAMESPACE} secrets delete`]: { fails: 'copies of the keys stay when their run is over', begin: straySecretGoes },
  [`${JOBS_NAMESPACE} events list`]: { fails: 'a capture does not say why its Job has no pod', begin: async (stage) => {
    const { admin } = stage;
    const capture = await aCapture(admin, fresh());
    const job = await eventually('the Job is there', async () => (await childrenOf(admin, JOBS, capture.metadata.uid))[0], { timeoutMs: 30_000 });
    const involvedObject = { apiVersion: 'batch/v1', kind: 'Job', name: job.metadata.name, namespace: JOBS_NAMESPACE, uid: job.metadata.uid };
    await admin.create(EVENTS, JOBS_NAMESPACE, { metadata: { name: fresh() }, involvedObject, type: 'Warning', reason: 'FailedCreate', message: 'no room for privileged pods', lastTimestamp: new Date().toISOString().replace(/\.\d+/, '') });
    return async () => /no room for privileged pods/.test(await says(admin, capture.metadata.name));
  } },

  [`${SYSTEM_NAMESPACE} secrets list`]: { fails: 'a destination says that its keys can not be read', begin: async (stage) => {
    const name = await aDestination(stage, { secret: await aSecret(stage) });
    return async () => (await readyReason(stage.admin, name)) === 'BucketUsable';
  } },
  [`${SYSTEM_NAMESPACE} secrets watch`]: { fails: 'keys that are rotated are not noticed', begin: async (stage) => {
    const secret = await aSecret(stage);
    const name = await aDestination(stage, { secret });
    await eventually('the destination is ready', async () => (await readyReason(stage.admin, name)) === 'BucketUsable', { timeoutMs: 30_000 });
    await stage.admin.patch(SECRETS, SYSTEM_NAMESPACE, secret, { data: { accessKeyId: '' } }, { type: 'merge' });
    return async () => (await readyReason(stage.admin, name)) === 'CredentialsNotFound';
  } },
  [`${SYSTEM_NAMESPACE} configmaps list`]: { fails: 'a destination says that its authorities can not be read', begin: async (stage) => {
    const name = await aDestination(stage, { s3: trusting(await aConfigMap(stage)) });
    return async () => (await readyReason(stage.admin, name)) === 'InvalidCA';
  } },
  [`${SYSTEM_NAMESPACE} configmaps watch`]: { fails: 'authorities that are replaced are not noticed', begin: async (stage) => {
    const configMap = await aConfigMap(stage);
    const name = await aDestination(stage, { s3: trusting(configMap) });
    await eventually('the destination was looked at', async () => (await readyReason(stage.admin, name)) === 'InvalidCA', { timeoutMs: 30_000 });
    await stage.admin.patch(CONFIG_MAPS, SYSTEM_NAMESPACE, configMap, { data: { 'ca.crt': null } }, { type: 'merge' });
    return async () => (await readyReason(stage.admin, name)) === 'CANotFound';
  } },
  [`${SYSTEM_NAMESPACE} pods get`]: { fails: 'an operator that starts ends at once: it does not know its own image', starts: { env: { POD_NAME: 'operator' } }, startFails: true, begin: runs },
  [`${SYSTEM_NAMESPACE} leases.coordination.k8s.io create`]: { fails: 'no replica ever leads in a new installation', starts: { args: ELECTION }, startFails: true, begin: async (stage) => {
    await stage.admin.remove(LEASES, SYSTEM_NAMESPACE, 'packetcapture-operator');
    return leads(stage);
  } },
  [`${SYSTEM_NAMESPACE} leases.coordination.k8s.io get`]: { fails: 'no replica leads', starts: { args: ELECTION }, startFails: true, begin: leads },
  [`${SYSTEM_NAMESPACE} leases.coordination.k8s.io update`]: { fails: 'no replica leads', starts: { args: ELECTION }, startFails: true, begin: leads },
};
