// The capture Job of a run on one node: a pure builder.
import { LABEL, MANAGED_BY } from '../api/group.js';
import type { CaptureSpec } from '../api/capture-spec.js';
import { CONTROL_ANNOTATION, CONTROL_FILE } from '../protocol/control.js';
import { AGENT_PATH, HOST_SPOOL_ROOT, IDENTITY_TOKEN_FILE, JOB_CONFIG_ENV, NODE_NAME_ENV, POD_UID_ENV, type JobConfig } from '../protocol/job-config.js';
import { TERMINATION_MESSAGE_PATH } from '../protocol/report.js';
import type { PlanConfig } from './config.js';
import { jobName, spoolDirectory } from './names.js';
import { pinnedPod } from './pinned-pod.js';
import { appArmorAnnotations, securityContext } from './privileges.js';
import type { PinnedIdentity, Run, RunRecord } from './record.js';
import { isMany } from './selection.js';

export const AGENT_CONTAINER = 'agent';
const MI = 2 ** 20;
/** What the agent takes at most, whatever it captures and delivers; tests measure it. */
export const AGENT_MEMORY_BYTES = 256 * MI;
/** V8's part of it: the rest are two parts of uploads, buffers and code. V8 alone would make itself at home in half of the node's memory. */
const AGENT_HEAP_BYTES = 160 * MI;
/** Besides tcpdump's kernel buffer, which no cgroup counts but which the node has to have. The limit leaves room for tcpdump, compression and some page cache. */
const AGENT_MEMORY_REQUEST = AGENT_MEMORY_BYTES / 2;
const AGENT_MEMORY_LIMIT = 2 * AGENT_MEMORY_BYTES;
/** Page cache is in the limit too: at the limit each write of tcpdump first waits for a page that is let go. */
const BURST_MOST_BYTES = 512 * MI;
/** So high that the Job controller never deletes a pod, which is the evidence, for having failed often. */
const BACKOFF_LIMIT = 100_000;
/** SIGTERM: time to flush, and to deliver what is closed. */
const TERMINATION_GRACE_SECONDS = 30;

/** Targets of one node that have the whole buffer that was asked for; more of them share. How many will be there is not known when the Job is made. */
const WHOLE_BUFFERS = 4;

/** Kernel memory of all tcpdumps of an agent, in bytes. */
const bufferBudget = ({ target, maxTargets, bufferSizeBytes }: CaptureSpec): number => bufferSizeBytes * (isMany(target) ? Math.min(maxTargets, WHOLE_BUFFERS) : 1);

/** Page cache for what may come before uploads begin to make room (src/agent/yielding.ts), in bytes. */
const burstBudget = ({ spool }: CaptureSpec): number => Math.min(spool.maxSizeBytes / 2, BURST_MOST_BYTES);

export const childLabels = (captureUID: string, run: string, component: string): Record<string, string> => ({
  [LABEL.managedBy]: MANAGED_BY,
  [LABEL.component]: component,
  [LABEL.captureUID]: captureUID,
  [LABEL.runID]: run,
});

export function jobConfig(capture: RunRecord['capture'], run: Run, spec: CaptureSpec, node: string, config: PlanConfig): JobConfig {
  return {
    version: 1,
    runID: run.id,
    capture,
    node,
    spoolDirectory: spoolDirectory(run.id, capture.uid),
    tcpdump: { interface: spec.interface, filter: spec.filter, snapLength: spec.snapLength, bufferSizeBytes: spec.bufferSizeBytes, bufferBudgetBytes: bufferBudget(spec) },
    ring: spec.ring,
    spool: { maxSizeBytes: spec.spool.maxSizeBytes, reserveFraction: config.spoolReserveFraction, retentionSeconds: config.spoolRetentionSeconds },
    upload: spec.upload,
    destination: run.destination,
    allowHostNetwork: config.allowHostNetwork,
    logLevel: config.logLevel,
  };
}

export function buildJob(capture: RunRecord['capture'], run: Run, spec: CaptureSpec, node: string, config: PlanConfig): object {
  const labels = childLabels(capture.uid, run.id, 'agent');
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: jobName(run.id, capture.uid, node), namespace: config.jobsNamespace, labels },
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: BACKOFF_LIMIT,
      template: pinnedPod(node, labels, config, podSpec(jobConfig(capture, run, spec, node, config), run, spec, config), appArmorAnnotations(config.capturePrivileges, AGENT_CONTAINER)),
    },
  };
}

/** A token is renewed by the kubelet when four fifths of this are over. */
const TOKEN_SECONDS = 3600;

/** The pod's own token for the destination's token service; beside it the pod has none. */
const identityVolume = ({ audience }: PinnedIdentity): object => ({ name: 'identity', projected: { defaultMode: 0o400, sources: [{ serviceAccountToken: { audience, expirationSeconds: TOKEN_SECONDS, path: IDENTITY_TOKEN_FILE } }] } });

function podSpec(config: JobConfig, run: Run, spec: CaptureSpec, operator: PlanConfig): object {
  const { identity } = run.destination;
  return {
    ...(identity && { serviceAccountName: identity.serviceAccountName }),
    restartPolicy: 'OnFailure',
    hostPID: true,
    terminationGracePeriodSeconds: TERMINATION_GRACE_SECONDS,
    containers: [
      {
        name: AGENT_CONTAINER,
        image: operator.agentImage,
        imagePullPolicy: 'IfNotPresent',
        args: ['agent'],
        env: [
          // The kubelet would put variables in place of $(…), and make one of two dollars.
          { name: JOB_CONFIG_ENV, value: JSON.stringify(config).replaceAll('$', '\\u0024') },
          { name: POD_UID_ENV, valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
          { name: NODE_NAME_ENV, valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
          { name: 'NODE_OPTIONS', value: `--max-old-space-size=${AGENT_HEAP_BYTES / MI}` },
        ],
        resources: {
          requests: { cpu: '100m', memory: `${Math.ceil((AGENT_MEMORY_REQUEST + bufferBudget(spec)) / MI)}Mi` },
          limits: { memory: `${Math.ceil((AGENT_MEMORY_LIMIT + bufferBudget(spec) + burstBudget(spec)) / MI)}Mi` },
        },
        securityContext: securityContext(operator.capturePrivileges),
        terminationMessagePath: TERMINATION_MESSAGE_PATH,
        // An agent that fails before its first report has left only its log.
        terminationMessagePolicy: 'FallbackToLogsOnError',
        volumeMounts: [
          { name: 'control', mountPath: AGENT_PATH.control, readOnly: true },
          { name: 'credentials', mountPath: AGENT_PATH.credentials, readOnly: true },
          ...(identity ? [{ name: 'identity', mountPath: AGENT_PATH.identity, readOnly: true }] : []),
          { name: 'spool', mountPath: AGENT_PATH.spool },
          { name: 'tmp', mountPath: AGENT_PATH.pod },
        ],
      },
    ],
    volumes: [
      { name: 'control', downwardAPI: { items: [{ path: CONTROL_FILE, fieldRef: { fieldPath: `metadata.annotations['${CONTROL_ANNOTATION}']` } }] } },
      { name: 'credentials', secret: { secretName: run.secretName, defaultMode: 0o400 } },
      ...(identity ? [identityVolume(identity)] : []),
      { name: 'spool', hostPath: { path: `${HOST_SPOOL_ROOT}/${config.spoolDirectory}`, type: 'DirectoryOrCreate' } },
      { name: 'tmp', emptyDir: { medium: 'Memory', sizeLimit: '16Mi' } },
    ],
  };
}

export function buildSecret(capture: RunRecord['capture'], run: Run, data: Record<string, string>, config: PlanConfig): object {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: run.secretName, namespace: config.jobsNamespace, labels: childLabels(capture.uid, run.id, 'credentials') },
    type: 'Opaque',
    data,
  };
}
