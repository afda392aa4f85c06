// A PacketCapture as the plugin reads it: what a user wrote, and the operator's word.
import { PACKET_CAPTURES } from '../api/kinds.js';
import type { PacketCaptureStatus } from '../api/packetcapture-status.js';
import type { KubeObject } from '../kube/object.js';
import { EXIT } from './exit-codes.js';
import { Failure } from './failure.js';
import type { Session } from './session.js';

export interface CaptureObject extends KubeObject {
  spec?: Record<string, unknown>;
  status?: PacketCaptureStatus;
}

export const noSuchCapture = (name: string, namespace: string): Failure => new Failure(`packetcaptures "${name}" not found in namespace "${namespace}"; kubectl pktcap list -n ${namespace} shows those that are there`, EXIT.notFound);

/** Throws a Failure where there is none. */
export async function findCapture({ kube, namespace }: Session, name: string): Promise<CaptureObject> {
  const capture = await kube.get<CaptureObject>(PACKET_CAPTURES, namespace, name);
  if (!capture) throw noSuchCapture(name, namespace);
  return capture;
}
