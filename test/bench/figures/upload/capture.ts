// One capture that has 500 MB pending when it ends: how long it takes from there to Complete, and the memory of its agent.
import { pause } from '../../../../src/agent/clock.js';
import { applyCapture, CAPTURES, condition, stop, type Capture } from '../../../e2e/support/captures.js';
import { removeAll } from '../../../e2e/support/bucket.js';
import { kubectl } from '../../../e2e/support/kubectl.js';
import { captureProcesses, isGone, memory, type CaptureProcesses } from '../../support/capture-processes.js';
import { watchCapture } from '../../support/capture-watch.js';
import { FILTER, NAMESPACE, PENDING_BYTES, TARGET, type Scene } from './scene.js';

/** A flight recorder delivers what its ring holds when it is stopped: all of it is pending then. */
const SPEC = { target: { podName: TARGET }, filter: FILTER, duration: '0s', spool: { maxSize: '4Gi' }, upload: { policy: 'OnDemand' } };

export interface Ended {
  /** From tcpdump's exit to Complete, as this machine's clock saw both, for 500 MB. */
  seconds: number;
  idleMB: number;
  peakMB: number;
  /** Of the run, in the bucket. */
  prefix: string;
}

/** An agent that captures nothing is let come to rest for so long. */
const SETTLED_MS = 3000;
const LOOK_MS = 5;

/** `fileSize`: of the ring, 500 MB of which are pending. `keep`: its objects stay. */
export async function endedCapture(scene: Scene, name: string, fileSize: string, keep = false): Promise<Ended> {
  const watch = watchCapture(NAMESPACE, name);
  try {
    await applyCapture(NAMESPACE, name, { ...SPEC, storage: scene.storage, ring: { files: 10, fileSize } });
    const { capture } = await watch.seen(`${name} captures`, ({ status }) => status?.phase === 'Capturing');
    const processes = await captureProcesses(capture);
    await pause(SETTLED_MS);
    const idleMB = memory(processes.agent, 'VmRSS') ?? NaN;
    await scene.burst();
    await stop(NAMESPACE, name);
    const { endedMs, peak } = await end(processes);
    const complete = await watch.seen(`${name} is Complete`, (object) => condition(object, 'Complete')?.status === 'True');
    const prefix = complete.capture.status?.run?.destination?.prefix ?? '';
    const delivered = whole(complete.capture);
    return { seconds: ((complete.ms - endedMs) / 1000) * (PENDING_BYTES / delivered), idleMB, peakMB: await peak, prefix };
  } finally {
    watch.close();
    await kubectl(['delete', CAPTURES, name, '-n', NAMESPACE, '--ignore-not-found', '--timeout=90s']);
    if (!keep) await removeAll(scene.prefix);
  }
}

/** Bytes that were delivered: what was sent, but for a drop that is told. */
function whole({ status }: Capture): number {
  const { uploaded = 0, captured } = status?.bytes ?? {};
  if (uploaded !== captured || uploaded < 0.9 * PENDING_BYTES) throw new Error(`${uploaded} of ${captured} bytes were delivered, ${PENDING_BYTES} were to be: the burst was lost on its way`);
  return uploaded;
}

/** Resolves when tcpdump is gone; `peak` when the agent is. */
async function end({ agent, tcpdump }: CaptureProcesses): Promise<{ endedMs: number; peak: Promise<number> }> {
  while (!isGone(tcpdump)) await pause(LOOK_MS);
  return { endedMs: Date.now(), peak: untilGone(agent) };
}

async function untilGone(agent: number): Promise<number> {
  let peak = NaN;
  for (let now = memory(agent, 'VmHWM'); now !== undefined; now = memory(agent, 'VmHWM')) {
    peak = now;
    await pause(4 * LOOK_MS);
  }
  return peak;
}
