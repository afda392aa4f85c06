// The control document of a node's addressed pod: the desired state, whole, at every turn.
import type { CaptureSpec } from '../api/capture-spec.js';
import type { Control } from '../protocol/control.js';
import type { RecordNode, Run } from './record.js';
import { isMany } from './selection.js';

/** `snapshot`: the one that is asked for; `live`: the hash of the session that is open. */
export function controlOf(run: Run, node: RecordNode, spec: CaptureSpec, { snapshot, live }: { snapshot?: string | undefined; live?: string | undefined }): Control | undefined {
  if (!node.addressed) return undefined;
  const { attempt, podUID, usedMs } = node.addressed;
  const stop = run.stop ?? node.stop;
  return {
    version: 1,
    podUID,
    attempt,
    targets: run.targets
      .filter((target) => target.node === node.node)
      .map(({ name, podName, podUID: uid, podIPs, hostNetwork, goneTime, goneReason }) => ({ name, podName, podUID: uid, podIPs, hostNetwork, gone: goneTime !== undefined, ...(goneReason !== undefined && { goneReason }) })),
    follows: isMany(spec.target),
    // 0 means no limit: a duration that is over leaves a millisecond.
    remainingMs: spec.durationMs === 0 ? 0 : Math.max(1, spec.durationMs - usedMs),
    limits: { ...(spec.maxSizeBytes !== undefined && { maxSizeBytes: spec.maxSizeBytes }), ...(spec.maxPackets !== undefined && { maxPackets: spec.maxPackets }) },
    suspend: run.suspended?.since !== undefined,
    snapshot: snapshot === undefined ? null : { token: snapshot },
    live: live === undefined ? null : { tokenSHA256: live },
    stop: stop ? { reason: stop.reason } : null,
  };
}
