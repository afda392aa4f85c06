// The conditions of each kind: what True says, and the reasons that are read there.
import { reasonsOf, type Place } from '../../../src/api/reason-table.js';
import { reasonLink, table } from './markdown.js';

const READY_REPEATED = 'As `Ready` is False: the reason and the message are its own.';

export const CONDITIONS: Record<string, [type: string, isTrue: string, place?: Place][]> = {
  PacketCapture: [
    ['Accepted', 'The spec can be used.', 'Accepted'],
    ['Capturing', 'tcpdump listens. False: not yet, not any more, or suspended.', 'Capturing'],
    ['Delivered', 'What was to be in the bucket by now is there and was read back. False: what the bucket says.', 'Delivered'],
    ['LossDetected', 'Packets were lost; the message says how many, why, and which setting helps. Unknown: a node cannot be asked.', 'LossDetected'],
    ['Complete', 'The run is over, and every packet that it captured is in the bucket and was read back.', 'Complete'],
    ['Failed', 'The run is over, and nothing was captured or packets are not in the bucket. May turn False by a late success.', 'Failed'],
    ['Finished', 'The run is over: Complete or Failed.', 'Finished'],
    ['Ready', 'All goes as it should, to the end. As Flux and Argo CD read it: [gitops.md](gitops.md).', 'Ready'],
    ['Reconciling', `The operator goes on by itself. ${READY_REPEATED}`],
    ['Stalled', `Only an edit helps, or the run has failed. ${READY_REPEATED}`],
  ],
  ClusterCaptureDestination: [
    ['Ready', 'The operator wrote, read back and removed one small object; or may not ask, and the first capture tells (`NotProbed`).', 'Ready of a destination'],
    ['Reconciling', `It may pass: the operator asks again by itself. ${READY_REPEATED}`],
    ['Stalled', `It stays so until somebody mends what the message names. ${READY_REPEATED}`],
    ['Default', 'Captures that name no destination use this one. Only where the annotation claims it.', 'Default of a destination'],
  ],
  CaptureDownload: [['Ready', 'The URLs are in the status.', 'Ready of a download']],
};

export const conditionsTable = (kind: string): string =>
  table(['condition', 'True', 'reasons'], (CONDITIONS[kind] ?? []).map(([type, isTrue, place]) => [`\`${type}\``, isTrue, place === undefined ? '' : reasonsOf(place).map(reasonLink).join(' ')]));
