// The names under which the API is served, and the keys that mark objects.

export const GROUP = 'packetcapture.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;

/** Ends the run whose id is the annotation's value, for good. */
export const STOP_ANNOTATION = `${GROUP}/stop`;
/** Has a flight recorder deliver what its ring holds, and record on: any new value is a new request. */
export const SNAPSHOT_ANNOTATION = `${GROUP}/snapshot`;
/** Opens a live session: the SHA-256 (hexadecimal) of its token, which only the one who opens it knows. Without it, or with another one, the session ends. */
export const LIVE_ANNOTATION = `${GROUP}/live`;
/** "true" on a ClusterCaptureDestination makes it the one that captures use when they name none. */
export const DEFAULT_DESTINATION_ANNOTATION = `${GROUP}/is-default`;
/** Stands on a PacketCapture only while a run is active, so that a deleted object waits for its packets. */
export const FINALIZER = `${GROUP}/drain`;

/** Labels of everything the operator creates. Never copied from a user's object. */
export const LABEL = {
  managedBy: 'app.kubernetes.io/managed-by',
  component: 'app.kubernetes.io/component',
  captureUID: `${GROUP}/capture-uid`,
  runID: `${GROUP}/run-id`,
} as const;
export const MANAGED_BY = 'packetcapture';
