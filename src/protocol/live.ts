// Live: how the packets of a capture reach the one who watches it, over the agent's loopback listener.
//
// GET /v1/targets/NAME?from=now|start with `Authorization: Bearer TOKEN` answers one target's packets as a pcap stream, from now on
// or from the first packet that the node still holds; it lasts until the target ends, the session does, or the reader is too slow.
// GET /v1/targets answers {"targets": [NAME, …]}. Without the token whose SHA-256 control carries: 401, and nothing else is told.
// With it: 404 where there is no such target (yet), 503 where LIVE_MOST_STREAMS are open, 400 and 405 for what is no such request.

/** TCP port on loopback of the capture pod's own network namespace, reached by port-forward. */
export const LIVE_PORT = 9311;
export const LIVE_TARGETS_PATH = '/v1/targets';
/** Streams of a capture pod at a time. */
export const LIVE_MOST_STREAMS = 16;
/** A session that nobody has used for so long ends, and its hash opens no other in that pod. */
export const LIVE_IDLE_MS = 10 * 60_000;

/**
 * Trailers of a stream. End: TargetEnded; SessionEnded; TooSlow (files were let go before they were read: ask again, from now);
 * LinkTypeChanged (what follows fits into no pcap stream that began like this: ask again, from now).
 */
export const LIVE_TRAILER = { end: 'Packetcapture-End', packets: 'Packetcapture-Packets' } as const;
export const LIVE_END = { targetEnded: 'TargetEnded', sessionEnded: 'SessionEnded', tooSlow: 'TooSlow', linkTypeChanged: 'LinkTypeChanged' } as const;
export type LiveEnd = (typeof LIVE_END)[keyof typeof LIVE_END];
export type LiveFrom = 'now' | 'start';

/** A token that may open a session: long enough that its hash, which more people see, does not give it away. Make it of 32 random bytes. */
export const isLiveToken = (token: string): boolean => /^[A-Za-z0-9._~+/=-]{32,256}$/.test(token);
export const isTokenHash = (text: string): boolean => /^[0-9a-fA-F]{64}$/.test(text);
