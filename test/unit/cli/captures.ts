// Captures as the API server has them, for what reads them: a run that captures, and what one-line overrides make of it.
import type { PacketCaptureStatus } from '../../../src/api/packetcapture-status.js';
import type { CaptureObject } from '../../../src/cli/capture.js';

type Target = NonNullable<PacketCaptureStatus['targets']>[number];
type Conditions = Record<string, [status: string, reason: string, message: string]>;

/** When tcpdump began to listen. */
export const CAPTURE_START = Date.UTC(2026, 10, 20, 3, 5, 14);

export const target = (podName: string, overrides: Partial<Target> = {}): Target => ({
  name: `${podName}_0a1b2c3d`,
  podName,
  node: 'node-a',
  state: 'Capturing',
  packets: { captured: 100, uploaded: 80, pending: 20, discarded: 0, lost: 0 },
  files: { captured: 4, uploaded: 3, pending: 1, discarded: 0 },
  bytes: { captured: 12_000, uploaded: 9000, pending: 3000, discarded: 0 },
  ...overrides,
});

export const conditions = (of: Conditions): PacketCaptureStatus['conditions'] =>
  Object.entries(of).map(([type, [status, reason, message]]) => ({ type, status, reason, message, lastTransitionTime: '2026-11-20T03:05:44Z' }));

export const CAPTURING: Conditions = {
  Capturing: ['True', 'Capturing', 'tcpdump listens to 1 of 1 targets'],
  LossDetected: ['False', 'NoLoss', 'tcpdump dropped nothing'],
  Complete: ['False', 'Capturing', '80 of 100 packets are in the bucket so far'],
  Failed: ['False', 'Capturing', 'phase Capturing'],
  Finished: ['False', 'Capturing', 'phase Capturing'],
  Ready: ['True', 'Capturing', 'tcpdump listens to 1 of 1 targets; capturing lasts 2m in all'],
};

export const COMPLETE: Conditions = {
  ...CAPTURING,
  Capturing: ['False', 'Duration', 'it ended by Duration'],
  Complete: ['True', 'AllTargets', '100 packets in 4 files are in the bucket and were read back'],
  Finished: ['True', 'Complete', '100 packets in 4 files are in the bucket and were read back'],
  Ready: ['True', 'Complete', '100 packets in 4 files are in the bucket and were read back'],
};

export const FAILED: Conditions = {
  ...CAPTURING,
  Capturing: ['False', 'NotStarted', 'no tcpdump ever listened'],
  Failed: ['True', 'Unschedulable', '0/2 nodes are available'],
  Finished: ['True', 'Failed', '0/2 nodes are available'],
  Ready: ['False', 'Unschedulable', '0/2 nodes are available'],
};

/** One that captures, of one pod. */
export function capture({ metadata = {}, spec = {}, status = {} }: { metadata?: object; spec?: object; status?: Partial<PacketCaptureStatus> } = {}): CaptureObject {
  return {
    apiVersion: 'packetcapture.dev/v1alpha1',
    kind: 'PacketCapture',
    metadata: { name: 'web-resets', namespace: 'shop', uid: 'uid-1', resourceVersion: '1', generation: 1, ...metadata },
    spec: { target: { podName: 'web-0' }, filter: 'tcp port 8080', duration: '2m', ...spec },
    status: {
      observedGeneration: 1,
      phase: 'Capturing',
      summary: { target: 'pod/web-0', nodes: 'node-a', size: '12k' },
      run: { id: '20261120T030512Z-1a2b3c', startTime: '2026-11-20T03:05:12Z', captureStartTime: '2026-11-20T03:05:14Z', location: 's3://captures/shop/web-resets/20261120T030512Z-1a2b3c' },
      packets: { captured: 100, uploaded: 80, pending: 20, discarded: 0, lost: 0 },
      files: { captured: 4, uploaded: 3, pending: 1, discarded: 0 },
      bytes: { captured: 12_000, uploaded: 9000, pending: 3000, discarded: 0 },
      targets: [target('web-0')],
      conditions: conditions(CAPTURING),
      ...status,
    },
  };
}

export const completeCapture = (of: Conditions = COMPLETE): CaptureObject =>
  capture({
    status: {
      phase: 'Complete',
      conditions: conditions(of),
      packets: { captured: 100, uploaded: 100, pending: 0, discarded: 0, lost: 0 },
      files: { captured: 4, uploaded: 4, pending: 0, discarded: 0 },
      bytes: { captured: 12_000, uploaded: 12_000, pending: 0, discarded: 0 },
    },
  });

/** `run`: undefined where none ever began. */
export const failedCapture = (of: Conditions = FAILED): CaptureObject => capture({ status: { phase: 'Failed', conditions: conditions(of), packets: { captured: 0, uploaded: 0 } } });
