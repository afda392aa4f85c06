// The resources of our own API group, as the Kubernetes client addresses them.
import { GROUP, VERSION } from '../api/group.js';
import type { Resource } from '../kube/resources.js';

export const PACKET_CAPTURES: Resource = { group: GROUP, version: VERSION, plural: 'packetcaptures', namespaced: true };
export const CLUSTER_CAPTURE_DESTINATIONS: Resource = { group: GROUP, version: VERSION, plural: 'clustercapturedestinations', namespaced: false };
export const API_KIND = { capture: 'PacketCapture', destination: 'ClusterCaptureDestination' } as const;
