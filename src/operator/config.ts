// The operator's flags, parsed once. Durations and quantities are written as in the API.
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { parseDurationMs } from '../api/duration.js';
import { INSTALLATION } from '../api/installation.js';
import { MOST_TARGETS } from '../api/packetcapture.js';
import { parseBytes } from '../api/quantity.js';
import type { ElectionTiming } from '../kube/elector.js';
import { DEFAULT_PLAN_CONFIG, type PlanConfig } from '../plan/config.js';
import { CAPTURE_PRIVILEGES } from '../plan/privileges.js';

export interface OperatorConfig extends Omit<PlanConfig, 'agentImage'> {
  /** Absent: the image of the operator's own pod. */
  agentImage?: string;
  systemNamespace: string;
  /** Own pod, from the downward API; absent outside a cluster. */
  podName?: string;
  /** Absent: this process is the only one, and asks nobody whether it leads. */
  election?: ElectionTiming;
  healthPort: number;
  /** Absent: nobody is told. */
  metricsPort?: number;
  probeIntervalMs: number;
  downloadExpiryMs: number;
  workers: number;
}

interface Flag {
  flag: string;
  default: string;
  describe: string;
}

export const FLAGS = {
  agentImage: { flag: 'agent-image', default: '', describe: "image of the capture Jobs; default: the operator's own" },
  jobsNamespace: { flag: 'jobs-namespace', default: DEFAULT_PLAN_CONFIG.jobsNamespace, describe: 'namespace of the capture Jobs' },
  capturePrivileges: { flag: 'capture-privileges', default: DEFAULT_PLAN_CONFIG.capturePrivileges, describe: 'what capture containers may do on their node: Privileged, or the Capabilities that [capture-pods.md](capture-pods.md) lists' },
  startDeadline: { flag: 'start-deadline', default: '2m', describe: 'a capture pod that does not run by then fails its run' },
  targetGrace: { flag: 'target-grace', default: '1m', describe: 'how long a run waits for a new pod of the name once its target is gone' },
  uploadDeadline: { flag: 'upload-deadline', default: '10m', describe: 'a stopped run of which nothing more is delivered for so long is Failed, until something is' },
  nodeLostAfter: { flag: 'node-lost-after', default: '5m', describe: "a node that can't be asked for so long is lost to its runs" },
  finishedJobTTL: { flag: 'finished-job-ttl', default: '1m', describe: 'how long a finished Job stays, so that its log can be read' },
  maxDuration: { flag: 'max-duration', default: '24h', describe: 'longest duration that a capture may ask for' },
  maxSize: { flag: 'max-size', default: '0', describe: 'most captured bytes of a target that a capture may ask for, and has to ask for; not of a recorder, which its spool bounds; 0: any' },
  maxSpool: { flag: 'max-spool', default: '10Gi', describe: 'largest spool that a capture may ask for' },
  maxBufferSize: { flag: 'max-buffer-size', default: '256Mi', describe: 'largest kernel buffer that a capture may ask for: memory of the node' },
  maxSnapLength: { flag: 'max-snap-length', default: '262144', describe: 'most bytes of a packet that a capture may ask for; a small one keeps payloads out of all captures' },
  maxTargets: { flag: 'max-targets', default: '50', describe: 'most pods at a time that a capture may ask for' },
  maxCapturesPerNamespace: { flag: 'max-captures-per-namespace', default: '20', describe: 'captures of a namespace that run at a time; more wait in a queue; 0: any number' },
  maxCapturesPerNode: { flag: 'max-captures-per-node', default: '20', describe: 'captures that have an agent on a node at a time; more wait in a queue; 0: any number' },
  spoolReserve: { flag: 'spool-reserve', default: '0.15', describe: "fraction of a node's file system that spools leave free" },
  spoolRetention: { flag: 'spool-retention', default: '24h', describe: 'how long files that the bucket does not take stay on a node' },
  allowHostNetwork: { flag: 'allow-host-network', default: 'false', describe: "whether pods on the node's own network may be captured" },
  leaderElect: { flag: 'leader-elect', default: 'true', describe: 'whether a Lease decides which of several replicas acts; false only where there never is a second one' },
  leaderElectLeaseDuration: { flag: 'leader-elect-lease-duration', default: '12s', describe: 'others take over from a leader that was not heard of for so long' },
  leaderElectRenewDeadline: { flag: 'leader-elect-renew-deadline', default: '8s', describe: 'a leader that could not renew its lease for so long stops' },
  leaderElectRetryPeriod: { flag: 'leader-elect-retry-period', default: '1500ms', describe: 'time between two renewals, and between two looks of a standby' },
  healthPort: { flag: 'health-port', default: '8081', describe: 'port of /healthz and /readyz' },
  metricsPort: { flag: 'metrics-port', default: '8080', describe: 'port of /metrics, for Prometheus: [metrics.md](metrics.md); 0: none' },
  probeInterval: { flag: 'probe-interval', default: '5m', describe: 'how often a destination is probed' },
  downloadExpiry: { flag: 'download-expiry', default: '15m', describe: 'how long the URLs of a CaptureDownload work; it is removed then' },
  workers: { flag: 'workers', default: '8', describe: 'captures that are reconciled at the same time' },
  logLevel: { flag: 'log-level', default: 'info', describe: 'debug, info, warn or error' },
} satisfies Record<string, Flag>;

const duration = (flag: string, least?: string, most?: string) =>
  z.string().transform((text, context) => {
    const ms = parseDurationMs(text);
    if (ms === undefined) context.addIssue(`--${flag} "${text}": is no duration; write for example "2m"`);
    else if (least !== undefined && ms < (parseDurationMs(least) ?? 0)) context.addIssue(`--${flag} "${text}": must be "${least}" or more`);
    else if (most !== undefined && ms > (parseDurationMs(most) ?? 0)) context.addIssue(`--${flag} "${text}": must be "${most}" or less`);
    return ms ?? z.NEVER;
  });
const bytes = (flag: string, least = '0') =>
  z.string().transform((text, context) => {
    const n = parseBytes(text);
    if (n === undefined) context.addIssue(`--${flag} "${text}": is no quantity of bytes; write for example "10Gi"`);
    else if (n < (parseBytes(least) ?? 0)) context.addIssue(`--${flag} "${text}": must be "${least}" or more, the least that a capture can ask for`);
    return n ?? z.NEVER;
  });
const whole = (flag: string, min: number, max: number) =>
  z.string().transform((text, context) => {
    const n = Number(text);
    if (!Number.isInteger(n) || n < min || n > max) context.addIssue(`--${flag} "${text}": must be a whole number from ${min} to ${max}`);
    return n;
  });

const truth = (flag: string) => z.enum(['true', 'false'], { error: (issue) => `--${flag} "${String(issue.input)}": must be true or false` });

const schema = z.object({
  agentImage: z.string(),
  jobsNamespace: z.string().min(1),
  capturePrivileges: z.enum(CAPTURE_PRIVILEGES, { error: (issue) => `--capture-privileges "${String(issue.input)}": must be ${CAPTURE_PRIVILEGES.join(' or ')}` }),
  startDeadline: duration('start-deadline'),
  targetGrace: duration('target-grace'),
  uploadDeadline: duration('upload-deadline'),
  nodeLostAfter: duration('node-lost-after'),
  finishedJobTTL: duration('finished-job-ttl'),
  maxDuration: duration('max-duration'),
  maxSize: bytes('max-size'),
  maxSpool: bytes('max-spool', '8M'),
  maxBufferSize: bytes('max-buffer-size', '64Ki'),
  maxSnapLength: whole('max-snap-length', 16, 262_144),
  maxTargets: whole('max-targets', 1, MOST_TARGETS),
  maxCapturesPerNamespace: whole('max-captures-per-namespace', 0, 100_000),
  maxCapturesPerNode: whole('max-captures-per-node', 0, 100_000),
  spoolReserve: z.string().transform((text, context) => {
    const fraction = Number(text);
    if (!(fraction >= 0 && fraction < 1)) context.addIssue(`--spool-reserve "${text}": must be a fraction from 0 to below 1`);
    return fraction;
  }),
  spoolRetention: duration('spool-retention'),
  allowHostNetwork: truth('allow-host-network'),
  leaderElect: truth('leader-elect'),
  leaderElectLeaseDuration: duration('leader-elect-lease-duration', '1s'),
  leaderElectRenewDeadline: duration('leader-elect-renew-deadline'),
  leaderElectRetryPeriod: duration('leader-elect-retry-period', '100ms'),
  healthPort: whole('health-port', 0, 65_535),
  metricsPort: whole('metrics-port', 0, 65_535),
  probeInterval: duration('probe-interval', '1s'),
  // S3 takes no longer one.
  downloadExpiry: duration('download-expiry', '1s', '168h'),
  workers: whole('workers', 1, 256),
  logLevel: z.enum(['debug', 'info', 'warn', 'error'], { error: (issue) => `--log-level "${String(issue.input)}": must be debug, info, warn or error` }),
}).superRefine(({ leaderElectLeaseDuration: lease, leaderElectRenewDeadline: deadline, leaderElectRetryPeriod: retry }, context) => {
  // A leader stops before another may begin, and tries more than once until then.
  if (lease % 1000 !== 0) context.addIssue(`--leader-elect-lease-duration: must be whole seconds, as a Lease has them`);
  if (deadline >= lease) context.addIssue(`--leader-elect-renew-deadline: must be shorter than --leader-elect-lease-duration`);
  if (retry * 2 >= deadline) context.addIssue(`--leader-elect-retry-period: must be shorter than half of --leader-elect-renew-deadline`);
});

const SWITCHES = ['--allow-host-network', '--leader-elect'];

/** Parses flags and environment. Throws an Error whose message names each bad flag, its value and the fix. */
export function parseConfig(args: string[], env: Record<string, string | undefined>): OperatorConfig {
  const options = Object.fromEntries(Object.values(FLAGS).map((f) => [f.flag, { type: 'string' as const, default: f.default }]));
  const { values } = parseArgs({ args: args.map((arg) => (SWITCHES.includes(arg) ? `${arg}=true` : arg)), options, strict: true });
  const raw = Object.fromEntries(Object.entries(FLAGS).map(([key, f]) => [key, values[f.flag]]));
  const parsed = schema.safeParse(raw);
  if (!parsed.success) throw new Error(parsed.error.issues.map((issue) => issue.message).join('\n'));
  const c = parsed.data;
  return {
    jobsNamespace: c.jobsNamespace,
    systemNamespace: env['POD_NAMESPACE'] ?? INSTALLATION.systemNamespace,
    ...(c.agentImage !== '' && { agentImage: c.agentImage }),
    ...(env['POD_NAME'] !== undefined && { podName: env['POD_NAME'] }),
    imagePullSecrets: [],
    capturePrivileges: c.capturePrivileges,
    startDeadlineMs: c.startDeadline,
    targetGraceMs: c.targetGrace,
    uploadDeadlineMs: c.uploadDeadline,
    nodeLostAfterMs: c.nodeLostAfter,
    finishedJobTTLMs: c.finishedJobTTL,
    deletionDrainMs: DEFAULT_PLAN_CONFIG.deletionDrainMs,
    maxDurationMs: c.maxDuration,
    maxSizeBytes: c.maxSize || Infinity,
    maxSpoolBytes: c.maxSpool,
    maxBufferBytes: c.maxBufferSize,
    maxSnapLength: c.maxSnapLength,
    maxTargets: c.maxTargets,
    maxCapturesPerNamespace: c.maxCapturesPerNamespace || Infinity,
    maxCapturesPerNode: c.maxCapturesPerNode || Infinity,
    spoolReserveFraction: c.spoolReserve,
    spoolRetentionSeconds: Math.floor(c.spoolRetention / 1000),
    allowHostNetwork: c.allowHostNetwork === 'true',
    ...(c.leaderElect === 'true' && { election: { leaseDurationMs: c.leaderElectLeaseDuration, renewDeadlineMs: c.leaderElectRenewDeadline, retryPeriodMs: c.leaderElectRetryPeriod } }),
    healthPort: c.healthPort,
    ...(c.metricsPort !== 0 && { metricsPort: c.metricsPort }),
    probeIntervalMs: c.probeInterval,
    downloadExpiryMs: c.downloadExpiry,
    workers: c.workers,
    logLevel: c.logLevel,
  };
}
