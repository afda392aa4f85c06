// What to do about a node that is to be swept: wait, send the sweep Job, or take its result. And the Job itself, a pure builder.
import { LABEL, MANAGED_BY } from '../api/group.js';
import { HOST_SPOOL_ROOT } from '../protocol/job-config.js';
import { TERMINATION_MESSAGE_PATH } from '../protocol/report.js';
import { parseSweepResult, SWEEP_CONFIG_ENV, SWEEP_PATH, type SweepConfig, type SweepResult } from '../protocol/sweep.js';
import type { PlanConfig } from './config.js';
import type { LeftoverEntry } from './leftovers.js';
import { spoolDirectory, sweepJobName } from './names.js';
import type { JobObject, NodeObject, PodObject } from './objects.js';
import { pinnedPod } from './pinned-pod.js';
import { UNCONFINED_BY_SELINUX } from './privileges.js';
import { isSettled, parseRecord, type RecordConfigMap } from './record.js';

const LOOK_AGAIN_MS = 60_000;
const JOB_TIMEOUT_MS = 10 * 60_000;
const RETRY_MS = 3_600_000;
/** Such a node does not come back. */
const GONE_NODE_FORGOTTEN_MS = 7 * 24 * 3_600_000;

/** Read before a sweep is decided about. `node`: undefined where there is no such Node object; only read where no Job is there and it is due. */
export interface SweepWorld {
  now: number;
  config: PlanConfig;
  entry: LeftoverEntry;
  job: JobObject | undefined;
  pods: PodObject[];
  node: NodeObject | undefined;
}

export type SweepStep =
  | { do: 'wait'; forMs: number }
  | { do: 'send' }
  /** `result`: undefined where none could be read. `dueTime`: when to sweep again; undefined: never. */
  | { do: 'end'; result: SweepResult | undefined; dueTime: string | undefined }
  | { do: 'forget' };

export const isDue = ({ entry, now }: Pick<SweepWorld, 'entry' | 'now'>): boolean => now >= Date.parse(entry.dueTime);

export function planSweep(world: SweepWorld): SweepStep {
  const { entry, job, node, now } = world;
  if (job) return job.metadata.deletionTimestamp === undefined ? ofJob(job, world) : { do: 'wait', forMs: 5000 };
  if (!isDue(world)) return { do: 'wait', forMs: Date.parse(entry.dueTime) - now };
  if (!node) return now - Date.parse(entry.dueTime) >= GONE_NODE_FORGOTTEN_MS ? { do: 'forget' } : { do: 'wait', forMs: LOOK_AGAIN_MS };
  const ready = node.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false;
  return ready ? { do: 'send' } : { do: 'wait', forMs: LOOK_AGAIN_MS };
}

function ofJob(job: JobObject, { pods, now, config }: SweepWorld): SweepStep {
  const result = pods.flatMap((pod) => pod.status?.containerStatuses ?? []).map(({ state }) => parseSweepResult(state?.terminated?.message ?? '')).find((r) => r !== undefined);
  const later = (ms: number): string => new Date(now + ms).toISOString();
  if (result) {
    const again = result.errors.length > 0 ? config.spoolRetentionSeconds : result.dueInSeconds;
    return { do: 'end', result, dueTime: again === undefined ? undefined : later(again * 1000) };
  }
  const failed = job.status?.conditions?.some((c) => c.type === 'Failed' && c.status === 'True') ?? false;
  const ageMs = now - Date.parse(job.metadata.creationTimestamp ?? '');
  return failed || ageMs >= JOB_TIMEOUT_MS ? { do: 'end', result: undefined, dueTime: later(RETRY_MS) } : { do: 'wait', forMs: 5000 };
}

/** What a sweep has to leave alone: the spools of runs that are not over, and all of a capture whose record nobody can read. */
export function sweepConfig(records: RecordConfigMap[], config: PlanConfig): SweepConfig {
  const keep: string[] = [];
  const keepPrefixes: string[] = [];
  for (const configMap of records) {
    const { record } = parseRecord(configMap);
    if (!record) keepPrefixes.push(`${configMap.metadata.name}.`);
    else for (const run of [record.run, ...(record.draining ? [record.draining] : [])]) if (!isSettled(run)) keep.push(spoolDirectory(run.id, record.capture.uid));
  }
  return { version: 1, retentionSeconds: config.spoolRetentionSeconds, keep, keepPrefixes };
}

const sweepLabels = { [LABEL.managedBy]: MANAGED_BY, [LABEL.component]: 'sweep' };

export function buildSweepJob(node: string, sweep: SweepConfig, config: PlanConfig): object {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: sweepJobName(node), namespace: config.jobsNamespace, labels: sweepLabels },
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 1,
      template: pinnedPod(node, sweepLabels, config, {
        restartPolicy: 'Never',
        containers: [
          {
            name: 'sweep',
            image: config.agentImage,
            imagePullPolicy: 'IfNotPresent',
            args: ['sweep'],
            env: [{ name: SWEEP_CONFIG_ENV, value: JSON.stringify(sweep) }],
            resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '256Mi' } },
            // The spools are root's.
            securityContext: { runAsUser: 0, runAsNonRoot: false, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] }, ...UNCONFINED_BY_SELINUX },
            terminationMessagePath: TERMINATION_MESSAGE_PATH,
            terminationMessagePolicy: 'FallbackToLogsOnError',
            volumeMounts: [{ name: 'spools', mountPath: SWEEP_PATH }],
          },
        ],
        volumes: [{ name: 'spools', hostPath: { path: HOST_SPOOL_ROOT, type: 'DirectoryOrCreate' } }],
      }),
    },
  };
}
