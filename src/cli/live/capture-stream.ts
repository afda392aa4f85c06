// The packets of all targets of a capture, as its status names them: a stream begins with a target, and ends with it.
import type { PacketCaptureStatus } from '../../api/packetcapture-status.js';
import type { Clock } from '../../kube/clock.js';
import { pause } from '../../kube/clock.js';
import type { PodPort } from '../../kube/port-forward.js';
import type { LiveFrom } from '../../protocol/live.js';
import { touchSession, type Connect } from './listener.js';
import type { PacketMerge } from './packet-merge.js';
import { streamTarget } from './target-stream.js';
import type { PacketSource } from '../../pcap/packet.js';

type Live = NonNullable<PacketCaptureStatus['live']>;

export interface CaptureStreamParts {
  connect: (where: PodPort) => Connect;
  token: string;
  /** Of the targets that are there at first; those that come later are shown from their first packet on. */
  from: LiveFrom;
  merge: PacketMerge;
  clock: Clock;
  signal: AbortSignal;
  onSource: (pod: string, source: PacketSource) => void;
  onHole: (pod: string, why: string) => void;
  /** The user may not reach capture pods. */
  onForbidden: (error: unknown) => void;
}

/** Half the time after which a session that nobody uses ends, and less. */
const TOUCH_MS = 60_000;

export class CaptureStream {
  readonly #streams = new Map<string, Promise<void>>();
  readonly #touched = new Set<string>();
  #from: LiveFrom;

  constructor(private readonly parts: CaptureStreamParts) {
    this.#from = parts.from;
  }

  /** Follows what the status says now. */
  take({ agents = [] }: Live): void {
    for (const { namespace, podName, port, targets = [] } of agents) {
      if (namespace === undefined || podName === undefined || port === undefined) continue;
      const connect = this.parts.connect({ namespace, pod: podName, port });
      this.#keepUsed(podName, connect);
      for (const target of targets) this.#begin(`${podName}/${target}`, target, connect);
    }
    if (agents.some(({ targets = [] }) => targets.length > 0)) this.#from = 'start';
  }

  /** Resolves when all streams have ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#streams.values());
  }

  #begin(key: string, target: string, connect: Connect): void {
    if (this.#streams.has(key)) return;
    const { token, clock, signal, merge, onSource, onHole, onForbidden } = this.parts;
    const pod = podOf(target);
    const end = merge.begin();
    const stream = streamTarget({
      connect,
      token,
      target,
      from: this.#from,
      clock,
      signal,
      onSource: (source) => onSource(pod, source),
      onPackets: (packets, source) => merge.put(packets.map((packet) => ({ pod, source, packet }))),
      onHole: (why) => onHole(pod, why),
    });
    this.#streams.set(key, stream.catch(onForbidden).finally(end));
  }

  #keepUsed(pod: string, connect: Connect): void {
    if (this.#touched.has(pod)) return;
    this.#touched.add(pod);
    const { token, clock, signal } = this.parts;
    void (async () => {
      while (!signal.aborted) {
        await pause(clock, TOUCH_MS, signal);
        // Of a pod that is gone nobody can be asked.
        if (!signal.aborted) await touchSession(connect, token, signal).catch(() => undefined);
      }
    })();
  }
}

/** `<pod>_<UID>`: no pod name holds an underscore. */
export const podOf = (target: string): string => target.replace(/_[^_]*$/, '');
