// Control (operator → agent): the desired state, in an annotation of the capture pod that the agent reads as a downward-API file; the first of it in the run's Secret as well.
import * as z from 'zod';

export const CONTROL_ANNOTATION = 'packetcapture.dev/control';
/** File in AGENT_PATH.control. */
export const CONTROL_FILE = 'control';

const FIRST_CONTROL = /^control\.[^/]+$/;
/** Key of the run's Secret, and file in AGENT_PATH.credentials: what a pod is told first, for whom its annotation came too late to be mounted with it. */
export const firstControlKey = (podUID: string): string => `control.${podUID}`;
export const isFirstControlKey = (key: string): boolean => FIRST_CONTROL.test(key);

export const controlTargetSchema = z.object({
  /** Opaque name of the target, part of its keys. */
  name: z.string(),
  podName: z.string(),
  podUID: z.string(),
  podIPs: z.array(z.string()),
  hostNetwork: z.boolean().default(false),
  /** True once the API server says that the pod is gone or terminal: stop this target, deliver what it has. */
  gone: z.boolean().default(false),
  /** With `gone`: why it ends, where that is not because its pod is gone. */
  goneReason: z.string().optional(),
});
export type ControlTarget = z.infer<typeof controlTargetSchema>;

export const controlSchema = z.object({
  version: z.literal(1),
  /** UID of the one capture pod that is addressed. Any other pod that reads this captures nothing. */
  podUID: z.string(),
  /** Number of this agent's turn at the run on this node, from 1. */
  attempt: z.number().int().positive(),
  targets: z.array(controlTargetSchema),
  /** True: more targets may come, so the end of the last one ends nothing else; when all is over the operator says. */
  follows: z.boolean().default(false),
  /** Capture time left for this attempt when it began to capture, in ms; a constant of the attempt unless the duration is edited. 0: no limit. */
  remainingMs: z.number().nonnegative(),
  limits: z.object({
    /** Captured bytes of one target, this run. */
    maxSizeBytes: z.number().int().positive().optional(),
    /** Captured packets of one target, this run. */
    maxPackets: z.number().int().positive().optional(),
  }),
  /** True: stop capturing on every target and deliver, but end nothing: what was suspended goes on when this is false again. */
  suspend: z.boolean().default(false),
  /** Set: deliver what the ring holds now and capture on. A token that was acted on asks for nothing more. */
  snapshot: z.object({ token: z.string() }).nullable().default(null),
  /** Set: listen for the one who knows the token of this SHA-256 (hexadecimal), see live.ts. Null: listen on nothing. */
  live: z.object({ tokenSHA256: z.string() }).nullable().default(null),
  /** Set: stop capturing on every target, deliver, finish. Never unset again. */
  stop: z.object({ reason: z.string() }).nullable(),
});
export type Control = z.infer<typeof controlSchema>;
