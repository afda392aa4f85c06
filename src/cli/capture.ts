// A PacketCapture as the plugin reads it: what a user wrote, and the operator's word.
import type { PacketCaptureStatus } from '../api/packetcapture-status.js';
import type { KubeObject } from '../kube/object.js';

export interface CaptureObject extends KubeObject {
  spec?: Record<string, unknown>;
  status?: PacketCaptureStatus;
}
