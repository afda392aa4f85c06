// Live: how the packets of a capture reach the one who watches it, over the agent's loopback listener.
//
// GET /v1/targets/NAME?from=now|start with `Authorization: Bearer TOKEN` answers one target's packets as a pcap stream, from now on
// or from the first packet that the node still holds; it lasts until the target ends, the session does, or the reader is too slow.
// GET /v1/targets answers {"targets": [NAME, …]}. Without the token whose SHA-256 control carries: 401, and nothing else is told.

/** TCP port on loopback of the capture pod's own network namespace, reached by port-forward. */
export const LIVE_PORT = 9311;
export const LIVE_TARGETS_PATH = '/v1/targets';
/** Trailers of a stream. End: TargetEnded, SessionEnded, or TooSlow (files were let go before they were read: ask again, from now). */
export const LIVE_TRAILER = { end: 'Packetcapture-End', packets: 'Packetcapture-Packets' } as const;
export const LIVE_END = { targetEnded: 'TargetEnded', sessionEnded: 'SessionEnded', tooSlow: 'TooSlow' } as const;
export type LiveFrom = 'now' | 'start';
