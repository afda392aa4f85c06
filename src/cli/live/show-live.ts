// Shows the packets of a session that is asked for, as capture pods send them.
import { printable } from '../../api/printable.js';
import { PACKET_CAPTURES } from '../../api/kinds.js';
import { pause } from '../../kube/clock.js';
import { openPortForward, type PodPort } from '../../kube/port-forward.js';
import type { LiveFrom } from '../../protocol/live.js';
import type { CaptureObject } from '../capture.js';
import { createCourse } from '../observe/course.js';
import { followCapture } from '../observe/follow.js';
import { outcomeOf } from '../observe/outcome.js';
import { troubleTeller } from '../observe/trouble.js';
import type { Session } from '../session.js';
import { USER_AGENT } from '../version.js';
import { CaptureStream } from './capture-stream.js';
import { Ending, type End } from './ending.js';
import { PacketMerge } from './packet-merge.js';
import type { PacketSink } from './packet-sink.js';
import { sessionIn, type Token } from './session-claim.js';

export interface ShowParts {
  session: Session;
  name: string;
  sink: PacketSink;
  say: (line: string) => void;
}

/** What streams still hold when their capture has finished comes within this time. */
const LAST_PACKETS_MS = 3000;

export async function showLive({ session, name, sink, say }: ShowParts, token: Token, from: LiveFrom): Promise<End> {
  const { io, kube, namespace } = session;
  const ending = new Ending(io, sink);
  const merge = new PacketMerge((packets) => sink.write(packets), io.clock);
  let flows = false;
  const streams = new CaptureStream({
    connect: (where) => connectorOf(session, where),
    token: token.secret,
    from,
    merge,
    clock: io.clock,
    signal: ending.signal,
    onSource(pod, source) {
      if (!flows) say(`connected to ${printable(pod)}: packets are shown as they come`);
      flows = true;
      sink.announce(pod, source);
    },
    onHole: (pod, why) => say(`${printable(pod)}: ${why}; it goes on from now, and packets may be missing here`),
    onForbidden: () => ending.come({ how: 'forbidden' }),
  });
  /** A watch may begin with an older version: asked again before it is believed. */
  const checkTaken = async (): Promise<void> => {
    const now = await kube.get<CaptureObject>(PACKET_CAPTURES, namespace, name, { signal: ending.signal }).catch(() => undefined);
    if (now && sessionIn(now) !== token.sha256) ending.come({ how: 'taken' });
  };
  const course = createCourse();
  try {
    const left = await followCapture(session, name, {
      signal: ending.signal,
      onSeen(capture) {
        if (sessionIn(capture) !== token.sha256) return void checkTaken();
        if (capture.status?.live?.tokenSHA256 === token.sha256) streams.take(capture.status.live);
        const lines = course(capture);
        if (!flows) for (const line of lines) say(line);
        const outcome = outcomeOf(capture, 'finished');
        if (outcome) void Promise.race([streams.ended(), pause(io.clock, LAST_PACKETS_MS, ending.signal)]).then(() => ending.come({ how: 'finished', outcome }));
      },
      onTrouble: troubleTeller(say),
    });
    if (left === 'gone') ending.come({ how: 'gone' });
    await merge.flush();
  } finally {
    ending.done();
  }
  return ending.done();
}

const connectorOf = ({ kubeConfig }: Session, where: PodPort) => (signal: AbortSignal) => openPortForward(kubeConfig, where, { userAgent: USER_AGENT, signal });
