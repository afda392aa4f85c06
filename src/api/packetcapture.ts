// PacketCapture: the spec people write, and the CRD's view of it. Rules beyond the schema are in rules.ts.
import * as z from 'zod';
import { duration, objectName, quantity } from './fields.js';
import { FILTER_MAX_LENGTH } from './filter.js';
import { INTERFACE_PATTERN } from './interface-name.js';
import { labelSelectorSchema } from './label-selector.js';
import { packetCaptureStatusSchema } from './packetcapture-status.js';

export const WORKLOAD_KINDS = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'Service'] as const;
export const MOST_TARGETS = 100;

const targetSchema = z
  .object({
    podName: objectName()
      .optional()
      .describe('Name of a pod in the namespace of this object. The name is followed while the run lasts: a new pod of that name is a new target of the same run.'),
    podSelector: labelSelectorSchema
      .optional()
      .describe(
        'Labels of pods in the namespace of this object; without requirements, all of them. Followed while the run lasts: a pod that begins to match is captured from then on. One that was captured stays a target until it is gone, whatever becomes of its labels.',
      ),
    workloadRef: z
      .object({
        apiVersion: z.enum(['apps/v1', 'batch/v1', 'v1']).describe('apps/v1, batch/v1 (Job) or v1 (Service).'),
        kind: z.enum(WORKLOAD_KINDS).describe('Kind of the workload.'),
        name: objectName().describe('Name of the workload, in the namespace of this object.'),
      })
      .optional()
      .describe('A workload whose pods are captured, those that its selector selects. Followed as podSelector is.'),
    maxTargets: z
      .int()
      .min(1)
      .max(MOST_TARGETS)
      .default(10)
      .describe('With podSelector and workloadRef: most pods that are captured at a time. Of more the oldest are; the condition Capturing names the rest. Pods that are being deleted do not count. May be changed while the run lasts.'),
  })
  .describe('Whose packets are captured, exactly one of podName, podSelector and workloadRef: always pods of the namespace of this object.');

const ringSchema = z
  .object({
    files: z
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe(
        'tcpdump -W: the node keeps at most this many files for a target, the open one included; the oldest goes first. Needs fileSize or rotateInterval. A file pushed out before it was delivered counts as discarded; with upload.policy OnDemand that is what the ring is for, and no loss. Files that a snapshot delivers do not count.',
      ),
    fileSize: quantity().optional().describe('tcpdump -C: a new file when the open one reaches this size. Whole multiples of 1M, since tcpdump counts in 1,000,000 bytes.'),
    rotateInterval: duration()
      .optional()
      .describe('tcpdump -G: a new file with the first packet after the open one is this old. Whole seconds. An idle link rotates nothing. With fileSize, whichever comes first.'),
  })
  .describe('How the packets are cut into files, and how many of them the node keeps.');

export const packetCaptureSpecSchema = z
  .object({
    target: targetSchema,
    interface: z
      .string()
      .regex(new RegExp(INTERFACE_PATTERN))
      .max(15)
      .default('any')
      .describe("tcpdump -i: `any`, or the name of an interface in the target's network namespace."),
    filter: z
      .string()
      .max(FILTER_MAX_LENGTH)
      .regex(/^[ -~]*$/)
      .optional()
      .describe('A pcap-filter(7) expression. Addresses, not host names. Absent: every packet.'),
    snapLength: z.int().min(16).max(262_144).default(262_144).describe('tcpdump -s: bytes kept of each packet. Shorter is the first thing to try when the kernel drops packets.'),
    bufferSize: quantity().default('32Mi').describe('tcpdump -B: kernel memory of the node that holds packets until tcpdump reads them. Larger survives longer bursts. Of several targets on one node four have as much, and more of them share that, with at least 2Mi each.'),
    duration: duration()
      .default('5m')
      .describe('How long to capture, from the first moment that tcpdump listens; time in which the capture is suspended does not count. 0s: until it is stopped, with upload.policy OnDemand only. May be changed while the run lasts.'),
    maxSize: quantity().optional().describe('Stop after this many captured bytes. May be changed while the run lasts.'),
    maxPackets: z.int().min(1).optional().describe('Stop after this many captured packets. May be changed while the run lasts.'),
    ring: ringSchema.prefault({}),
    spool: z
      .object({ maxSize: quantity().default('1Gi').describe('Disk of a node that this run may use, all its targets together.') })
      .prefault({})
      .describe('The bounded folder on the node where files wait until they are verified in the bucket.'),
    upload: z
      .object({
        policy: z
          .enum(['Continuous', 'OnDemand'])
          .default('Continuous')
          .describe(
            'Continuous: each file goes to the bucket as soon as it is closed, while capturing goes on. OnDemand (a flight recorder): files stay in the ring on the node and go to the bucket at each snapshot (annotation packetcapture.dev/snapshot, any new value) and when capturing ends.',
          ),
        compression: z
          .enum(['None', 'Gzip', 'Zstd'])
          .default('None')
          .describe('How files are compressed before they go to the bucket. The name of the object says so: .pcap, .pcap.gz or .pcap.zst.'),
      })
      .prefault({})
      .describe('When files go to the bucket.'),
    storage: z
      .object({
        destinationRef: z
          .object({
            kind: z.enum(['ClusterCaptureDestination']).default('ClusterCaptureDestination').describe('Kind of the destination.'),
            name: objectName().describe('Name of the destination.'),
          })
          .optional()
          .describe('The destination. Absent: the one that is marked as the default.'),
      })
      .prefault({})
      .describe('Where the files go.'),
    suspend: z.boolean().default(false).describe('true stops capturing and delivers what was captured; false goes on with the same run, with a gap in between. May be changed while the run lasts.'),
    runToken: z.string().max(128).optional().describe('Any new value runs the capture again. It has no other meaning.'),
  })
  .describe('What to capture, for how long, in which files, and where they go.');

export type PacketCaptureSpec = z.infer<typeof packetCaptureSpecSchema>;

export const packetCaptureSchema = z.object({ spec: packetCaptureSpecSchema, status: packetCaptureStatusSchema });
