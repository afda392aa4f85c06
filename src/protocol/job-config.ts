// Job config (operator → agent, once): what a run is, in the environment of the capture Job. Never a credential.
import * as z from 'zod';

/** Environment variable of the capture container that holds the job config as JSON. */
export const JOB_CONFIG_ENV = 'PACKETCAPTURE_JOB';
/** Environment variables from the downward API. */
export const POD_UID_ENV = 'PACKETCAPTURE_POD_UID';
export const NODE_NAME_ENV = 'PACKETCAPTURE_NODE_NAME';
/** Folders of the capture container. */
export const AGENT_PATH = {
  /** Downward-API volume; the file `control` in it holds the control annotation. */
  control: '/run/packetcapture/control',
  /** The run's Secret: accessKeyId, secretAccessKey, sessionToken (optional), ca.crt (optional: PEM, in place of the well-known authorities). Re-read before each try. */
  credentials: '/run/packetcapture/credentials',
  /** Where the destination uses the identity of the pod: the file `token`, which the kubelet keeps fresh. No token for the API server. */
  identity: '/run/packetcapture/identity',
  /** The run's own spool on the node. */
  spool: '/spool',
  /** In the pod's memory: outlives a container, goes with the pod. */
  pod: '/tmp',
} as const;
/** Parent of all spools on a node; a run has one subdirectory of it, and its capture pod sees only that one. */
export const HOST_SPOOL_ROOT = '/var/lib/packetcapture';

const bytes = () => z.number().int().positive();

/** File of AGENT_PATH.identity. */
export const IDENTITY_TOKEN_FILE = 'token';

/** Whose token is exchanged for temporary keys, and where. */
export const identitySchema = z.object({
  /** In the namespace of the capture Jobs. */
  serviceAccountName: z.string(),
  roleARN: z.string(),
  /** Absent: AWS for the region. */
  stsEndpoint: z.string().optional(),
  /** Whom the token is for. */
  audience: z.string(),
});

/** The bucket of a run, pinned at its start. Without its keys. */
export const destinationSchema = z.object({
  /** Of the ClusterCaptureDestination. */
  name: z.string(),
  /** Absent: AWS for the region. */
  endpoint: z.string().optional(),
  region: z.string(),
  bucket: z.string(),
  /** Empty, or ending in a slash. */
  prefix: z.string(),
  addressing: z.string(),
  /** Encryption that each object is asked for with: SSES3 or SSEKMS. Absent: none is asked for. */
  encryption: z.object({ type: z.string(), kmsKeyID: z.string().optional() }).optional(),
  /** Absent: the run's Secret has the keys. */
  identity: identitySchema.optional(),
});

export const jobConfigSchema = z.object({
  version: z.literal(1),
  runID: z.string(),
  capture: z.object({ namespace: z.string(), name: z.string(), uid: z.string() }),
  node: z.string(),
  /** Name of the run's subdirectory of HOST_SPOOL_ROOT. */
  spoolDirectory: z.string(),
  tcpdump: z.object({
    interface: z.string(),
    filter: z.string(),
    snapLength: z.number().int().positive(),
    bufferSizeBytes: bytes(),
    /** Kernel memory of all tcpdumps of this agent together, which its memory request has room for. Absent: that of one. */
    bufferBudgetBytes: bytes().optional(),
  }),
  ring: z.object({
    files: z.number().int().positive().optional(),
    fileSizeBytes: bytes().optional(),
    rotateIntervalSeconds: z.number().int().positive().optional(),
  }),
  spool: z.object({
    maxSizeBytes: bytes(),
    /** Fraction of the node's file system that the spool leaves free. */
    reserveFraction: z.number().min(0).max(1),
    /** How long undelivered files are kept after capturing ended. */
    retentionSeconds: z.number().int().nonnegative(),
  }),
  upload: z.object({ policy: z.string(), /** None, Gzip or Zstd. */ compression: z.string().default('None') }),
  destination: destinationSchema,
  allowHostNetwork: z.boolean(),
  logLevel: z.string().default('info'),
});
export type JobConfig = z.infer<typeof jobConfigSchema>;
