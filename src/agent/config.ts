// What the agent is told at its start, parsed once: the job config, which pod it is, and its folders.
import * as z from 'zod';
import { LIVE_PORT } from '../protocol/live.js';
import { AGENT_PATH, HOST_SPOOL_ROOT, JOB_CONFIG_ENV, NODE_NAME_ENV, POD_UID_ENV, jobConfigSchema, type JobConfig } from '../protocol/job-config.js';
import { TERMINATION_MESSAGE_PATH } from '../protocol/report.js';

export interface AgentConfig {
  job: JobConfig;
  podUID: string;
  node: string;
  /** Where a live session listens, on loopback; 0: any. */
  livePort: number;
  paths: {
    control: string;
    credentials: string;
    /** Only there where the destination uses the identity of the pod. */
    identity: string;
    spool: string;
    terminationLog: string;
    /** Outlives the container, and goes with the pod. */
    pod: string;
    /** The run's folder as the node's own mount namespace has it; removed, when empty, at the end. */
    hostSpool: string;
  };
}

/** What was wrong with the environment: names the variable and the fix. */
export class ConfigError extends Error {}

const json = z.string().transform((text, ctx): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    ctx.addIssue({ code: 'custom', message: 'is not JSON' });
    return z.NEVER;
  }
});
const SPOOL_DIRECTORY = /^(?!\.{1,2}$)[A-Za-z0-9.-]+$/;
/** What becomes a part of every key: one name, which leads nowhere else. */
const KEY_PART = /^[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.))*$/;
const isKeyPart = (text: string): boolean => KEY_PART.test(text);

const environmentSchema = z.object({
  [JOB_CONFIG_ENV]: json.pipe(
    jobConfigSchema.refine((job) => SPOOL_DIRECTORY.test(job.spoolDirectory) && !job.spoolDirectory.includes('..'), {
      path: ['spoolDirectory'],
      message: 'must be one name of letters, digits, "." and "-"',
    }).refine(({ capture, runID }) => [capture.namespace, capture.name, runID].every(isKeyPart), { message: 'namespace, name and run id must be names of letters, digits, ".", "_" and "-"' }),
  ),
  [POD_UID_ENV]: z.string().min(1),
  [NODE_NAME_ENV]: z.string().refine(isKeyPart, { message: 'must be the name of a node' }),
  PACKETCAPTURE_CONTROL_DIR: z.string().default(AGENT_PATH.control),
  PACKETCAPTURE_CREDENTIALS_DIR: z.string().default(AGENT_PATH.credentials),
  PACKETCAPTURE_IDENTITY_DIR: z.string().default(AGENT_PATH.identity),
  PACKETCAPTURE_LIVE_PORT: z.coerce.number().int().min(0).max(65535).default(LIVE_PORT),
  PACKETCAPTURE_POD_DIR: z.string().default(AGENT_PATH.pod),
  PACKETCAPTURE_SPOOL_DIR: z.string().default(AGENT_PATH.spool),
  PACKETCAPTURE_TERMINATION_LOG: z.string().default(TERMINATION_MESSAGE_PATH),
});

/** Throws a ConfigError that says which variable is wrong, and how. */
export function parseConfig(env: NodeJS.ProcessEnv): AgentConfig {
  const result = environmentSchema.safeParse(env);
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join('.') || 'environment'}: ${issue.message}`);
    throw new ConfigError(`bad configuration: ${problems.join('; ')}; the operator that made this Job sets these variables`);
  }
  const value = result.data;
  return {
    job: value[JOB_CONFIG_ENV],
    podUID: value[POD_UID_ENV],
    node: value[NODE_NAME_ENV],
    livePort: value.PACKETCAPTURE_LIVE_PORT,
    paths: {
      control: value.PACKETCAPTURE_CONTROL_DIR,
      credentials: value.PACKETCAPTURE_CREDENTIALS_DIR,
      identity: value.PACKETCAPTURE_IDENTITY_DIR,
      spool: value.PACKETCAPTURE_SPOOL_DIR,
      pod: value.PACKETCAPTURE_POD_DIR,
      terminationLog: value.PACKETCAPTURE_TERMINATION_LOG,
      hostSpool: `/proc/1/root${HOST_SPOOL_ROOT}/${value[JOB_CONFIG_ENV].spoolDirectory}`,
    },
  };
}
