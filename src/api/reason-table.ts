// Every reason that this program says, in one table: what it means, what to do, and where it is read. docs/reasons.md is made of it.

/** Where a reason is read. A condition is named by its type; Ready stands for Reconciling and Stalled too, which repeat its reason. */
export type Place =
  | 'Accepted'
  | 'Capturing'
  | 'Delivered'
  | 'LossDetected'
  | 'Complete'
  | 'Failed'
  | 'Finished'
  | 'Ready'
  /** An Event, where it says more than that a condition turned. */
  | 'Event'
  /** status.targets[].reason. */
  | 'target'
  /** status.run.stopReason, that of a target and of an earlier run. */
  | 'stopReason'
  /** In the manifest, beside a file that was given up. */
  | 'discarded file'
  /** In the manifest, beside a stretch in which no tcpdump listened. */
  | 'gap'
  | 'Ready of a destination'
  | 'Default of a destination'
  | 'Ready of a download'
  /** In the ConfigMap packetcapture-leftovers. */
  | 'leftovers';

export interface ReasonEntry {
  /** Of the Event that tells of it. */
  type: 'Normal' | 'Warning';
  places: Place[];
  means: string;
  /** Absent: nothing is to be done. */
  remedy?: string;
}

const entry =
  (type: ReasonEntry['type']) =>
  (places: Place[], means: string, remedy?: string): ReasonEntry => ({ type, places, means, ...(remedy !== undefined && { remedy }) });
const normal = entry('Normal');
const warning = entry('Warning');

/** The conditions of a run that are not True say the phase, until there is a better word. */
const PHASE: Place[] = ['Complete', 'Failed', 'Finished'];
/** Why a run failed stands in each of them. */
const FAILURE: Place[] = ['Ready', 'Complete', 'Failed'];
const DESTINATION: Place[] = ['Ready of a destination'];
const DOWNLOAD: Place[] = ['Ready of a download'];
const BUCKET: Place[] = ['Delivered', ...DESTINATION, ...DOWNLOAD];
const TARGET: Place[] = ['target', ...FAILURE];
const LOSS: Place[] = ['LossDetected', 'discarded file'];

export const REASONS = {
  // The spec.
  Accepted: normal(['Accepted'], 'The spec is valid.'),
  InvalidSpec: warning(['Accepted', 'Ready', ...DESTINATION, ...DOWNLOAD], 'The spec breaks a rule; the message has the field, its value and the rule.', 'Edit the field that the message names. A run that captures goes on with the spec that it began with.'),
  InvalidFilter: warning(['Accepted', ...TARGET], 'tcpdump cannot compile `spec.filter`, or not for the link type of the target; the message has its words.', 'Correct `spec.filter`: see pcap-filter(7).'),
  DurationTooLong: warning(['Accepted', 'Ready'], '`spec.duration` is longer than the operator allows.', 'Use a shorter one, or have the operator run with a larger `--max-duration`.'),
  SpoolTooLarge: warning(['Accepted', 'Ready'], '`spec.spool.maxSize` is larger than the operator allows.', 'Use a smaller one, or have the operator run with a larger `--max-spool`.'),
  SizeTooLarge: warning(['Accepted', 'Ready'], 'A target may capture more than the operator allows: `spec.maxSize` is larger, or not set.', 'Set a smaller one, or have the operator run with a larger `--max-size`.'),
  BufferTooLarge: warning(['Accepted', 'Ready'], '`spec.bufferSize` is larger than the operator allows.', 'Use a smaller one, or have the operator run with a larger `--max-buffer-size`.'),
  TooManyTargets: warning(['Accepted', 'Ready'], '`spec.target.maxTargets` is more pods at a time than the operator allows.', 'Use fewer, or have the operator run with a larger `--max-targets`.'),
  SnapLengthTooLong: warning(['Accepted', 'Ready'], '`spec.snapLength` is more of each packet than the operator allows.', 'Use a shorter one, or have the operator run with a larger `--max-snap-length`.'),
  InvalidSnapshotToken: warning(['Accepted'], 'The snapshot annotation holds no usable token and asks for nothing; all else goes on.', 'Use up to 128 printable ASCII characters, for example the time of day.'),
  InvalidLiveToken: warning(['Accepted'], 'The live annotation holds no SHA-256 and opens no session; all else goes on.', 'Set it to the SHA-256 of a token of 32 random bytes, in 64 hexadecimal digits; never to the token itself.'),
  RecordUnreadable: warning(['Ready', ...DOWNLOAD], "The operator's record of this capture cannot be read: nothing begins and nothing is deleted on a guess.", 'Restore the ConfigMap that the message names, run the version of the operator that wrote it, or delete it: its runs are then forgotten, and a capture that is not suspended begins another.'),

  // What a run waits for before it begins.
  CheckingFilter: normal(['Ready'], '`spec.filter` is being compiled.'),
  Deleting: normal(['Ready'], 'The object is being deleted: no run begins.', 'If it stays, look for the finalizers of others in `metadata.finalizers`.'),
  NoDefaultDestination: warning(['Ready'], 'The capture names no destination, and none is the default.', 'Name one in `spec.storage.destinationRef`, or annotate one with `packetcapture.dev/is-default: "true"`.'),
  DestinationNotFound: warning(['Ready', ...DOWNLOAD], 'There is no ClusterCaptureDestination of the name in `spec.storage.destinationRef`; of a download: of the name that the run began with.', 'Create it, or name another.'),
  NamespaceNotAllowed: warning(['Ready', ...DOWNLOAD], 'The destination does not take captures from this namespace, or no default one does; nor does it give their files out.', 'Ask the owner of the destination to allow the namespace (`spec.allowedNamespaces`), or name a destination that does. A run that lasts goes on.'),
  DestinationNotReady: warning(['Ready', ...DOWNLOAD], 'The destination is not Ready, or its keys cannot be used.', 'See `kubectl describe clustercapturedestination`.'),
  NoTargetsYet: normal(['Ready'], 'The capture is armed: no pod that `spec.target` names can be captured yet; the first one begins the run.', 'Nothing, where pods are to come. Else check the labels, the kind and the name.'),
  SelectorMissing: warning(['Ready'], 'The Service in `spec.target.workloadRef` has no selector, so which pods are its own is not known.', 'Name the pods by `spec.target.podSelector`.'),
  TargetsLeftOut: warning(['Capturing', 'Event'], 'Capturing goes on, but not of every pod that `spec.target` names; the message has the others, and why.', 'Raise `spec.target.maxTargets`, or narrow `spec.target`.'),
  TargetNotFound: warning(['Ready'], 'There is no pod of the name in `spec.target.podName`.', 'Check the name and the namespace; capturing starts when the pod appears.'),
  TargetTerminating: normal(['Ready'], 'The pod is being deleted; capturing starts when a new pod of its name appears.'),
  TargetTerminated: warning(['Ready'], 'The pod has ended and has no network namespace any more.', 'Name another pod, or wait for a new one of its name.'),
  TargetNotScheduled: normal(['Ready'], 'The pod is not scheduled to a node yet.'),
  TargetNotReady: normal(['Ready'], 'The pod has no IP address yet.'),
  StaticPodRefused: warning(['Ready'], 'The pod is a static pod: its processes on the node cannot be told by its UID.', 'Name another pod.'),
  HostNetworkRefused: warning(['Ready'], "The pod is on the node's own network, where the packets are everybody's.", 'Name another pod, or have the operator run with `--allow-host-network`.'),

  Queued: normal(['Ready'], 'As many captures run in the namespace or on a node as the operator allows; the message has the place in the queue.', 'It begins by itself. To make room, stop another, or have the operator run with a larger `--max-captures-per-namespace` or `--max-captures-per-node`.'),

  // The start of the capture pod.
  Starting: normal(['Ready', ...PHASE], 'The capture pod is being created, or runs and has not reported yet.'),
  NotStarted: normal(['Capturing'], 'No tcpdump has listened.'),
  StartTimeout: warning(FAILURE, 'The capture pod did not report by its deadline, and the cluster says nothing in particular.', 'Look at the Job and the pod in `packetcapture-jobs`.'),
  AdmissionDenied: warning(FAILURE, 'The cluster refused the capture Job or its pod: a policy, a quota, Pod Security.', 'Allow privileged pods in `packetcapture-jobs`; the message has the refusal.'),
  Unschedulable: warning(FAILURE, "The capture pod does not fit the target's node, and it never goes to another.", 'Make room on the node; the message has the scheduler\'s words.'),
  ImagePullFailed: warning(FAILURE, "The node cannot pull the operator's image.", 'Check the image, and the pull Secret in `packetcapture-jobs`.'),
  NodeNotReady: warning(FAILURE, "The target's node is not Ready.", 'Mend the node, or name a pod of another one.'),
  CapturePodRejected: warning(FAILURE, 'The node rejected the capture pod.', "The message has the kubelet's words; most often the node is full."),
  CapturePodNotStarted: warning(FAILURE, 'The container of the capture pod does not start.', "The message has the kubelet's words."),
  AgentFailed: warning(FAILURE, 'The capture pod ended before it captured; the message has its last words.', 'Read its log in `packetcapture-jobs`.'),

  // The course of a run.
  Pending: normal(['Delivered', ...PHASE], 'Nothing has begun yet; of Delivered: files are on their way to the bucket.'),
  Capturing: normal(['Ready', 'Capturing', ...PHASE], 'tcpdump listens.'),
  Uploading: normal(['Ready', ...PHASE], 'Capturing is over; the last files are on their way to the bucket.'),
  Suspended: normal(['Ready', 'Capturing', ...PHASE, 'stopReason', 'gap'], '`spec.suspend` is true: nothing is captured.', 'Set it to false: the same run goes on.'),
  Complete: normal(['Ready', ...PHASE], 'The run is over, and all that it captured is in the bucket.'),
  CompleteWithLoss: normal(['Ready'], 'The run is over and what was kept is in the bucket, but something was lost on the way.', 'LossDetected says what, how much, and which setting helps.'),
  Failed: warning(['Finished', 'Capturing', 'stopReason'], 'Nothing was captured, or packets are not in the bucket.', 'Ready says why.'),
  AllTargets: normal(['Complete'], 'Every packet of every target is in the bucket and was read back.'),
  SomeTargetsFailed: warning(['Complete'], 'What was captured is in the bucket, but some targets could not be captured; the message names them.', 'See `status.targets`.'),
  Ended: normal(['Capturing'], 'Capturing has ended, and no agent said why.'),

  // Why capturing ended.
  Duration: normal(['Capturing', 'stopReason'], '`spec.duration` is over.'),
  MaxSize: normal(['Capturing', 'stopReason'], 'The target reached `spec.maxSize`.'),
  MaxPackets: normal(['Capturing', 'stopReason'], 'The target reached `spec.maxPackets`.'),
  MaxTargets: normal(['stopReason'], 'The target was one of the newest when `spec.target.maxTargets` was lowered.'),
  Requested: normal(['Capturing', 'stopReason'], 'The annotation `packetcapture.dev/stop` named this run.'),
  Deleted: normal(['Capturing', 'stopReason'], 'The object was deleted.'),
  Superseded: normal(['Capturing', 'stopReason'], 'The spec asks for another run; this one stopped and delivers beside it.'),
  TargetGone: normal(['Capturing', 'stopReason'], 'The pod is gone, and within `--target-grace` no other came in its place.'),
  NodeLost: warning(['Capturing', 'stopReason', ...FAILURE, 'leftovers'], 'The node could not be asked for so long that the run waits for it no longer.', 'When the node comes back, what it still holds is delivered.'),
  NodeDrained: warning(['Capturing', 'LossDetected', 'target', 'stopReason', ...FAILURE, 'leftovers'], 'The node is cordoned and its capture pod was taken away.', 'Uncordon the node: the run goes on there.'),

  // What failed.
  NothingCaptured: warning(FAILURE, 'The run was stopped before anything was captured.'),
  TargetFailed: warning([...FAILURE, 'Event'], 'A target could not be captured; of a condition: and its agent gave no reason.', 'See `status.targets`, and the log of the capture pod.'),
  UploadIncomplete: warning(FAILURE, 'Packets are on a node and not in the bucket, or were given up there.', 'Delivered says what the bucket says. Until the spool retention is over a late success still completes the run.'),
  ReportLost: warning([...FAILURE, 'leftovers'], 'The agent ended well, but neither its log nor its last words could be read.', 'The manifest in the bucket has the account.'),

  // What an agent meets in the target.
  NetworkNamespaceNotFound: warning(['target'], 'The node has no process of this pod yet whose network namespace could be entered.', 'The agent tries on. If it stays, look at the pod: has it a sandbox?'),
  HostNetwork: warning(TARGET, "The pod turned out to be on the node's own network.", 'Name another pod, or have the operator run with `--allow-host-network`.'),
  InterfaceNotFound: warning(TARGET, 'The pod has no such interface; the message has those that it has.', 'Use one of them, or `any`.'),
  InvalidInterface: warning(TARGET, 'The name is not one that tcpdump may be given.', 'Use an interface of the pod, or `any`.'),
  TcpdumpFailed: warning(TARGET, 'tcpdump ended several times in a row; the message has its last words.'),
  SpoolTooSmall: warning(['target'], '`spec.spool.maxSize` has no room for the files of one more target on its node: it waits until another one ends.', 'Raise `spec.spool.maxSize` (4M and more for each target on a node), or lower `spec.target.maxTargets`.'),
  NodeDiskFull: warning(['target'], "Nothing more can be written to the node's disk: tcpdump is started again when there is room, and the gap is told.", 'Make room on the node.'),
  SpoolUnreadable: warning(['target'], "The node's disk does not give back what tcpdump wrote.", 'Look after the disk of the node.'),

  // What is lost.
  NoLoss: normal(['LossDetected'], 'Nothing was lost that anybody wanted.'),
  SeveralCauses: warning(['LossDetected'], 'Packets were lost for more than one reason; the message has each with its lever.'),
  DroppedByKernel: warning(['LossDetected'], "tcpdump's kernel buffer had no room: the number is tcpdump's own upper bound.", 'Lower `spec.snapLength`, narrow `spec.filter`, or raise `spec.bufferSize`.'),
  DroppedByInterface: warning(['LossDetected'], 'The network interface or its driver dropped packets.', 'Look at the node: it is short of time or of ring buffers.'),
  Gap: warning(['LossDetected'], 'For a while no tcpdump listened; the manifest has each gap with its reason.'),
  NodeUnreachable: warning(['LossDetected'], 'A node that captured cannot be asked: what is lost there is not known.', 'Mend the node.'),
  RingOverwrote: warning(LOSS, 'The ring pushed files out before they were delivered.', 'Raise `spec.ring.files` or `spec.ring.fileSize`.'),
  SpoolFull: warning(LOSS, 'The node had no room.', 'Raise `spec.spool.maxSize`, narrow `spec.filter`, or look at why the bucket is slow.'),
  SpoolLost: warning(LOSS, "The node's spool was lost with what was not delivered yet."),
  DrainExpired: warning([...LOSS, 'stopReason', ...FAILURE, 'leftovers'], 'The bucket did not take the files by the end of the spool retention.', 'Delivered says what the bucket said.'),
  Damaged: warning(LOSS, 'A file could not be read back from the node.', 'Look after the disk of the node.'),
  Released: normal(['discarded file'], 'A flight recorder let the file go as its ring turned: no loss.'),

  // Why no tcpdump listened for a while.
  TcpdumpDied: warning(['gap'], 'tcpdump ended and was started again.'),
  TcpdumpHung: warning(['gap'], 'tcpdump did not answer and was replaced.'),
  NotWritten: warning(['gap'], 'tcpdump counted packets that its files do not hold.'),
  NetnsReplaced: warning(['gap'], 'The sandbox of the pod was made anew, with another network namespace.'),
  AgentRestarted: warning(['gap'], 'The container of the capture pod was started again.'),
  AgentReplaced: warning(['gap'], 'The capture pod was replaced by another.'),

  // The bucket.
  Delivered: normal(['Delivered'], 'What was to be delivered is in the bucket and was read back.'),
  NothingToDeliver: normal(['Delivered'], 'There is no finished file yet, or nobody asked for one.'),
  BucketUnreachable: warning(BUCKET, 'The endpoint does not answer.', 'Check `spec.s3.endpoint` of the destination, its name in DNS, and what the network lets through.'),
  TLSFailed: warning(BUCKET, 'The endpoint did not prove who it is.', "Give the authority's certificate in `spec.s3.tls.caRef` of the destination, or renew the endpoint's."),
  AccessDenied: warning(BUCKET, 'The store refuses the keys, or what they may do.', 'Check the keys, and that they may get, put and delete objects under the prefix.'),
  BucketNotFound: warning(BUCKET, 'There is no such bucket there.', 'Create it, or correct `spec.s3.bucket` or the endpoint of the destination.'),
  ClockSkew: warning(BUCKET, 'The clocks of node and store differ too much for a signature.', 'Set the clock that is wrong.'),
  StoreError: warning(BUCKET, 'The store answered with an error of its own.', 'See the status of the destination: it has the words of the store.'),
  VerificationFailed: warning(BUCKET, 'What was read back is not what was sent. It is sent again.', 'If it stays, somebody else writes under these keys, or the store is broken.'),
  CompressionFailed: warning(['Delivered'], 'A file could not be compressed on the node. It is tried again.', 'Look at the memory of the capture pod, or set `spec.upload.compression: None`.'),

  // A destination.
  BucketUsable: normal(DESTINATION, 'An object was written, read back and removed.'),
  NotProbed: normal(DESTINATION, 'The operator may not ask for a token of the ServiceAccount, so nobody has asked the bucket: the first capture tells.', 'Nothing; or grant the operator that right: see docs/workload-identity.md.'),
  CredentialsNotFound: warning(DESTINATION, 'The Secret is missing, or lacks a key.', 'Create it in `packetcapture-system` with accessKeyId and secretAccessKey.'),
  ServiceAccountNotFound: warning(DESTINATION, 'There is no such ServiceAccount, or no token of it could be had.', 'Create it in `packetcapture-jobs`, or correct `spec.s3.auth.workloadIdentity`.'),
  CANotFound: warning(DESTINATION, 'The ConfigMap of `spec.s3.tls.caRef` is missing, or lacks the key.', 'Create it in `packetcapture-system`, or correct the reference.'),
  InvalidCA: warning(DESTINATION, 'What stands there are no usable certificates.', 'Paste them anew, as PEM.'),
  OnlyDefault: normal(['Default of a destination'], 'Captures that name no destination use this one.'),
  NewestDefault: normal(['Default of a destination'], 'Several destinations claim to be the default; this one is the newest and is it.', 'Remove the annotation from the others.'),
  OlderDefault: normal(['Default of a destination'], 'Newer ones claim to be the default too, each for the namespaces that it allows; this one is the default of those that they leave.'),
  NewerDefault: warning(['Default of a destination'], 'A newer destination claims to be the default too, and is it.', 'Remove the annotation from one of them.'),

  // A download.
  Signed: normal(DOWNLOAD, 'The URLs are in the status, and work until `status.expirationTime`.'),
  EntriesRefused: warning(DOWNLOAD, 'The URLs are in the status, but a manifest in the bucket names keys that are not those of this run: these are left out.', 'Look who else writes under the prefix of the destination.'),
  CaptureNotFound: warning(DOWNLOAD, 'There is no PacketCapture of the name in this namespace. With a capture the record of its runs goes; its files stay in the bucket.', 'Correct `spec.captureName`, or ask whoever has keys to the bucket.'),
  NoRunYet: normal(DOWNLOAD, 'The capture has not begun a run.', 'Wait: the answer comes when it has.'),
  RunNotFound: warning(DOWNLOAD, 'The capture has no run of this id, or it is older than those that are remembered.', 'Leave out `spec.runID`, or use an id of `status.run` or `status.previousRuns` of the capture.'),
  DestinationChanged: warning(DOWNLOAD, 'The destination that the run began with is for another bucket or another service now: its keys are not for these files.', 'Ask the owner of the destination, or whoever has keys to the bucket.'),
  SigningRefused: warning(DOWNLOAD, 'The operator may not have a token of the ServiceAccount whose identity signs for this destination, or it is not there.', 'Grant the operator that right: see docs/workload-identity.md.'),
  ManifestNotFound: warning(DOWNLOAD, 'The run is over, and no manifest of it is in the bucket: it captured nothing, or its objects were removed.', 'See `status` of the capture, and the lifecycle rules of the bucket.'),
  ManifestRefused: warning(DOWNLOAD, 'A manifest in the bucket is not what this run writes: another schema, run or node, damaged, or too large.', 'Look who else writes under the prefix of the destination.'),
  TooManyFiles: warning(DOWNLOAD, 'The run has more files than the operator takes into its memory.', 'Have somebody with keys to the bucket copy the prefix.'),

  // Told by an Event alone.
  RunStarted: normal(['Event'], 'A run begins; the message has its id and where its files go.'),
  TargetsChanged: normal(['Event'], 'Targets came or went while the run goes on.', 'See `status.targets`.'),
  DeliveryResumed: normal(['Event'], 'The bucket takes files again.'),
  SnapshotDelivered: normal(['Event'], 'A snapshot is in the bucket.'),
  SnapshotIncomplete: warning(['Event'], 'Packets of a snapshot were given up before they could be delivered.', 'LossDetected says why.'),
  SnapshotSkipped: normal(['Event'], 'A snapshot was asked for where nothing records.', 'Nothing is missing: what the ring held was delivered.'),
  LeftoversRemoved: normal(['Event'], "On a Node: spools there that were nobody's any more were removed."),

  // Why a node may hold a spool that is nobody's.
  NeverHeard: warning(['leftovers'], 'The agent never said that it had removed its spool.', 'The operator sends a sweep to the node when it is due.'),
  RecordRemoved: warning(['leftovers'], 'The record of the run was removed by hand.', 'The operator sends a sweep to the node when it is due.'),
} as const satisfies Record<string, ReasonEntry>;

export type Reason = keyof typeof REASONS;

/** The entry of a reason; undefined for one that another version wrote. */
export const entryOf = (reason: string): ReasonEntry | undefined => (Object.hasOwn(REASONS, reason) ? REASONS[reason as Reason] : undefined);

/** Those that are read at this place. */
export const reasonsOf = (place: Place): string[] => Object.entries<ReasonEntry>(REASONS).flatMap(([reason, { places }]) => (places.includes(place) ? [reason] : []));

/** A reason that is read from a record or a report may be any; one that is written here has to be in the table. */
export type Told<R extends string> = R & (string extends R ? unknown : [R] extends [Reason] ? unknown : never);
