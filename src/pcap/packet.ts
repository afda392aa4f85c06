// A captured packet, apart from the file that it stood in.

/** What a savefile says of all its packets. */
export interface PacketSource {
  /** LINKTYPE_…, as in the savefile's header: what the packets' first bytes are. */
  linkType: number;
  /** Bytes kept of a packet at most. */
  snapLength: number;
  /** Digits of the second that the timestamps have. */
  digits: 6 | 9;
}

export interface Packet {
  /** Since the epoch. */
  seconds: number;
  nanos: number;
  /** Bytes on the wire; data may be fewer. */
  originalLength: number;
  data: Buffer;
}

/** Negative where a was captured before b. */
export const byTime = (a: Packet, b: Packet): number => a.seconds - b.seconds || a.nanos - b.nanos;
