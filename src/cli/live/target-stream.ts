// The packets of one target, from its capture pod's listener, until the target or the session ends: opened again where it breaks.
import type { IncomingMessage } from 'node:http';
import { printable, shortened } from '../../api/printable.js';
import { isForbidden } from '../../kube/errors.js';
import { pause, type Clock } from '../../kube/clock.js';
import { LIVE_END, LIVE_TRAILER, type LiveFrom } from '../../protocol/live.js';
import { PacketDecoder } from '../../pcap/packet-decoder.js';
import type { Packet, PacketSource } from '../../pcap/packet.js';
import { requestPackets, type Connect } from './listener.js';

export interface TargetStreamParts {
  connect: Connect;
  token: string;
  target: string;
  from: LiveFrom;
  signal: AbortSignal;
  clock: Clock;
  onSource: (source: PacketSource) => void;
  /** Resolves once there is room for more. */
  onPackets: (packets: Packet[], source: PacketSource) => Promise<void>;
  /** Packets may be missing from here on. */
  onHole: (why: string) => void;
}

/** How quickly a stream that is not there yet is asked for again, and a broken one. */
const RETRY_MS = { first: 100, most: 2000 };

/** Resolves when nothing more can come. Throws where the user may not reach the pod (a KubeError, Forbidden). */
export async function streamTarget(parts: TargetStreamParts): Promise<void> {
  const { connect, token, target, signal, clock } = parts;
  let from = parts.from;
  let delayMs = RETRY_MS.first;
  while (!signal.aborted) {
    // Where nothing was shown of a stream from the start, asking again misses nothing.
    let began = false;
    let why: string;
    try {
      const response = await requestPackets(connect, token, target, from, signal);
      began = from === 'now';
      const end = await readPackets(response, parts, () => {
        began = true;
        delayMs = RETRY_MS.first;
      });
      if (end === LIVE_END.targetEnded || end === LIVE_END.sessionEnded) return;
      if (end === undefined) throw new Error('the connection to the capture pod ended');
      why = SAID[end] ?? `the capture pod ended the stream (${shortened(printable(end), 50)})`;
      from = 'now';
    } catch (error) {
      if (signal.aborted) return;
      if (isForbidden(error)) throw error;
      // Not yet there, or no place free: asked again without a word.
      why = began ? shortened(printable(error instanceof Error ? error.message : String(error)), 300) : '';
      if (began) from = 'now';
    }
    if (why !== '') parts.onHole(why);
    await pause(clock, delayMs, signal);
    delayMs = Math.min(delayMs * 1.5, RETRY_MS.most);
  }
}

const SAID: Record<string, string> = {
  [LIVE_END.tooSlow]: 'packets were read too slowly, and their file has left the node; they are in the bucket',
  [LIVE_END.linkTypeChanged]: 'the link type has changed',
};

/** The trailer that says why it ended, if one came. */
async function readPackets(response: IncomingMessage, { onSource, onPackets }: TargetStreamParts, onSome: () => void): Promise<string | undefined> {
  const decoder = new PacketDecoder();
  let announced = false;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      const packets = decoder.push(chunk);
      if (!decoder.source) continue;
      if (!announced) onSource(decoder.source);
      announced = true;
      if (packets.length === 0) continue;
      onSome();
      await onPackets(packets, decoder.source);
    }
  } finally {
    response.destroy();
  }
  return response.trailers[LIVE_TRAILER.end.toLowerCase()];
}
