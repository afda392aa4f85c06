// The resources of our own API group, as a Kubernetes client addresses them.
import { GROUP, VERSION } from './group.js';

export const PACKET_CAPTURES = { group: GROUP, version: VERSION, plural: 'packetcaptures', namespaced: true };
export const CLUSTER_CAPTURE_DESTINATIONS = { group: GROUP, version: VERSION, plural: 'clustercapturedestinations', namespaced: false };
export const CAPTURE_DOWNLOADS = { group: GROUP, version: VERSION, plural: 'capturedownloads', namespaced: true };
export const API_KIND = { capture: 'PacketCapture', destination: 'ClusterCaptureDestination' } as const;
