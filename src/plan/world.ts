// Everything a decision about one capture looks at: read once, before anything is decided.
import type { WorkloadRef } from '../api/capture-spec.js';
import type { Report } from '../protocol/report.js';
import type { NamespaceLabels } from '../api/allowed-namespaces.js';
import type { PlanConfig } from './config.js';
import type { Credentials, DestinationObject } from './destination.js';
import type { CaptureObject, EventObject, JobObject, NodeObject, PodObject, SecretObject } from './objects.js';
import type { Wait } from './queue.js';
import type { RunRecord } from './record.js';
import type { WorkloadObject } from './workload.js';

export interface World {
  now: number;
  config: PlanConfig;
  /** Absent: deleted, or replaced by another object of its name. */
  capture?: CaptureObject;
  record?: RunRecord;
  /** Why the record that exists can't be read; there is no `record` then. */
  recordProblem?: string;
  /** The pods of the capture's namespace. */
  targetPods: PodObject[];
  /** A workload of the capture's namespace; undefined where there is none. Only known of those that its spec and its open runs name. */
  workload(ref: WorkloadRef): WorkloadObject | undefined;
  destinations: DestinationObject[];
  /** Of the capture's namespace, as they are now. Only read where a run may begin and a destination asks for them. */
  namespaceLabels: NamespaceLabels;
  /** What the Secret of a run holds that uses a destination of this spec: keys, and the authorities it trusts. */
  credentials(destinationSpec: unknown): Credentials;
  /** What exists of this capture in the jobs namespace, of all its runs. */
  jobs: JobObject[];
  pods: PodObject[];
  secrets: SecretObject[];
  /** The newest report of an agent's pod that could be read. */
  report(podUID: string): Report | undefined;
  /** Warnings about a Job that has no pod, newest last; only read where there is one. */
  jobEvents(jobName: string): EventObject[];
  /** Only read where there is a sign that the node is not all right, or was not. */
  node(name: string): NodeObject | undefined;
  /** It was looked for, and there is none. */
  nodeIsGone(name: string): boolean;
  /** What a run that would begin on these nodes waits for; undefined where there is room for it. Asked last: whoever asks in vain is in the queue. */
  admission(nodes: string[]): Wait | undefined;
  /** Whether a run that lasts may go to a node on which it has no agent yet. */
  hasRoom(node: string): boolean;
  /** What tcpdump says of the spec's filter. Only asked where the spec asks for a run that there is none of yet. */
  filter(): FilterVerdict;
}

export interface FilterVerdict {
  /** tcpdump's words, where it does not compile; absent where it does, or where tcpdump could not be asked. */
  problem?: string;
  /** It still compiles. */
  isPending?: boolean;
}
