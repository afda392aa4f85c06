// The status of a PacketCapture: no enum, pattern or required beyond list-map keys, so that an older CRD never refuses a newer operator's word.
import * as z from 'zod';
import { conditionsField } from './fields.js';
import { reasonsOf } from './reason-table.js';

const count = (what: string) => z.int().optional().meta({ format: 'int64' }).describe(what);
const text = (what: string) => z.string().optional().describe(what);
const time = (what: string) => z.string().optional().meta({ format: 'date-time' }).describe(what);

const ledger = (unit: string) => ({
  captured: count(`${unit} in the files that tcpdump wrote, counted from the files.`),
  uploaded: count(`${unit} in the bucket, read back and found whole.`),
  pending: count(`${unit} on the node, not yet verified in the bucket.`),
  discarded: count(`${unit} captured and given up, with the reason in the manifest.`),
});

const packetsSchema = z
  .object({
    ...ledger('Packets'),
    droppedByKernel: count("Packets that tcpdump's kernel buffer had no room for: tcpdump's own upper bound, on `any` and `lo` it may count twice."),
    droppedByInterface: count('Packets that the network interface or its driver dropped.'),
    released: count('Of the discarded, those that a flight recorder let go as its ring turned: no loss.'),
    lost: count('discarded - released + droppedByKernel + droppedByInterface.'),
  })
  .describe('captured = uploaded + pending + discarded, always.');
const filesSchema = z.object(ledger('Files')).describe('The same account in files.');
const bytesSchema = z.object(ledger('Bytes')).describe('The same account in bytes of pcap.');

const targetStatusSchema = z.object({
  name: z.string().describe('Name of the target, as in the keys in the bucket.'),
  kind: text('Kind of the target: Pod.'),
  podName: text('Name of the pod.'),
  podUID: text('UID of the pod.'),
  node: text('Node of the pod.'),
  interface: text('Interface that tcpdump listens to.'),
  state: text('Pending, Capturing, Suspended, Draining, Ended or Failed.'),
  reason: text('Why the target is in this state.'),
  message: text('The same as a sentence for people.'),
  stopReason: text('Why capturing ended for this target.'),
  packets: packetsSchema.optional(),
  files: filesSchema.optional(),
  bytes: bytesSchema.optional(),
});

const recentFileSchema = z.object({
  key: text('Key of the object in the bucket.'),
  target: text('Name of the target.'),
  size: count('Bytes of the object.'),
  sha256: text('SHA-256 of the object, hexadecimal.'),
  packets: count('Packets in the file.'),
  firstPacketTime: time('Time of the first packet.'),
  lastPacketTime: time('Time of the last packet.'),
});

export const packetCaptureStatusSchema = z
  .object({
    observedGeneration: count('metadata.generation that this status speaks of; -1 before the operator has seen the object.'),
    phase: text('Pending, Starting, Capturing, Uploading, Suspended, Complete or Failed: derived from the conditions, for people.'),
    summary: z
      .object({
        target: text('What is captured, such as pod/web-0 or deploy/web (6).'),
        nodes: text('Nodes of the targets: the first, and how many more there are.'),
        size: text('How many bytes were captured, such as 2.1M.'),
      })
      .optional()
      .describe('Strings for the columns of kubectl get.'),
    run: z
      .object({
        id: text('Id of the run: its UTC start, and a hash.'),
        startTime: time('When the run began.'),
        captureStartTime: time('When the first tcpdump began to listen.'),
        suspendedSeconds: z.number().optional().describe('For how many seconds it was suspended and is no more: they do not count as duration.'),
        stopTime: time('When capturing ended.'),
        completionTime: time('When the last file was settled.'),
        stopReason: text(`Why capturing ended: ${reasonsOf('stopReason').join(', ')}, or a word of another version.`),
        location: text('Where the files are: s3://bucket/prefix.'),
        destination: z.object({ name: text('Name of the ClusterCaptureDestination.'), bucket: text('Name of the bucket.'), prefix: text('Prefix of every key of this run.') }).optional().describe('The destination, as pinned at the start of the run.'),
      })
      .optional()
      .describe('The current or last run.'),
    packets: packetsSchema.optional(),
    files: filesSchema.optional(),
    bytes: bytesSchema.optional(),
    gaps: z
      .object({ count: count('Stretches in which no tcpdump was listening.'), seconds: z.number().optional().describe('Their length together, in seconds.'), suspendedSeconds: z.number().optional().describe('Of these seconds, those in which the capture was suspended, as it was asked to: no loss.') })
      .optional()
      .describe('Each gap stands in the manifest with from, to and reason.'),
    targets: z.array(targetStatusSchema).optional().meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }).describe('Each target of the run: all that live, and the newest twenty that ended.'),
    recentFiles: z.array(recentFileSchema).optional().describe('The newest ten files in the bucket.'),
    previousRuns: z
      .array(
        z.object({
          id: z.string().describe('Id of the run.'),
          stopReason: text('Why it ended.'),
          completionTime: time('When it was settled.'),
          location: text('Where its files are.'),
          packets: packetsSchema.optional(),
        }),
      )
      .optional()
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['id'] })
      .describe('The newest five earlier runs.'),
    snapshots: z
      .array(
        z.object({
          token: z.string().describe('The value of the snapshot annotation.'),
          time: time('When the ring was cut: packets up to here are in it.'),
          completionTime: time('When the last of its files was settled.'),
          location: text('Where its files are.'),
          packets: packetsSchema.pick({ captured: true, uploaded: true, pending: true, discarded: true }).optional().describe('Packets that it added to the bucket: those that an earlier snapshot delivered are not sent again.'),
        }),
      )
      .optional()
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['token'] })
      .describe('The newest five snapshots of the run.'),
    live: z
      .object({
        tokenSHA256: text("The live annotation's value that is acted on."),
        agents: z
          .array(z.object({ node: z.string().describe('Name of the node.'), namespace: text('Namespace of the capture pod.'), podName: text('Name of the capture pod.'), port: count('TCP port on its loopback, to be reached by port-forward.'), targets: z.array(z.string()).optional().describe('Names of the targets that it captures.') }))
          .optional()
          .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['node'] })
          .describe('Where to reach the packets.'),
      })
      .optional()
      .describe('The live session that is open.'),
    handled: z.object({ snapshot: text('The last value of the snapshot annotation that was acted on.'), stop: text('The last value of the stop annotation that was acted on.') }).optional().describe('Requests by annotation that were acted on.'),
    conditions: conditionsField(),
  })
  .describe('What the operator sees. Derived; the operator never reads a decision from it.');

export type PacketCaptureStatus = z.infer<typeof packetCaptureStatusSchema>;
