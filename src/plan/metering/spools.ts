// What the runs of a capture take of their nodes' disks: of nodes with an agent that lives, as it said last.
import { addressedPod } from '../addressing.js';
import { isRunning, type PodObject } from '../objects.js';
import { isSettled, type RunRecord } from '../record.js';
import { workingSpec } from '../run.js';
import type { CaptureSpec } from '../../api/capture-spec.js';
import type { Report } from '../../protocol/report.js';

export interface SpoolUse {
  node: string;
  policy: CaptureSpec['upload']['policy'];
  usedBytes: number;
  maxBytes: number;
}

export function spoolsOf({ run, draining }: RunRecord, { pods, report }: { pods: PodObject[]; report: (podUID: string) => Report | undefined }): SpoolUse[] {
  const open = [run, ...(draining ? [draining] : [])].filter((r) => !isSettled(r));
  return open.flatMap((of) => {
    const policy = workingSpec(of)?.upload.policy ?? 'Continuous';
    return of.nodes.flatMap((node): SpoolUse[] => {
      const pod = addressedPod(node, pods);
      const said = pod && isRunning(pod) ? report(pod.metadata.uid) : undefined;
      return said?.work && !said.done ? [{ node: node.node, policy, ...said.work.spool }] : [];
    });
  });
}
