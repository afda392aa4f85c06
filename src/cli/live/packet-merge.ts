// Brings the packets of several streams into the order of their times, as far as a moment's wait can.
import type { Clock } from '../../kube/clock.js';
import { byTime } from '../../pcap/packet.js';
import type { PodPacket } from './packet-sink.js';

/** How long a packet waits for earlier ones of other streams. */
const HOLD_MS = 150;
const LOOK_MS = 50;
/** More than so many bytes do not wait. */
const HOLD_BYTES = 8 * 2 ** 20;

interface Held extends PodPacket {
  arrivedMs: number;
}

export class PacketMerge {
  #streams = 0;
  #held: Held[] = [];
  #heldBytes = 0;
  #cancelLook: (() => void) | undefined;
  #written: Promise<void> = Promise.resolve();

  constructor(
    private readonly write: (packets: PodPacket[]) => Promise<void>,
    private readonly clock: Clock,
  ) {}

  /** One more stream; the returned function ends it. */
  begin(): () => void {
    this.#streams += 1;
    return () => void (this.#streams -= 1);
  }

  /** Resolves once there is room for more. */
  put(packets: PodPacket[]): Promise<void> {
    if (packets.length === 0) return this.#written;
    // Of one stream alone, the order is its own.
    if (this.#streams < 2 && this.#held.length === 0) return (this.#written = this.#written.then(() => this.write(packets)));
    const arrivedMs = this.clock.monotonic();
    for (const packet of packets) {
      this.#held.push({ ...packet, arrivedMs });
      this.#heldBytes += packet.packet.data.length;
    }
    if (this.#heldBytes > HOLD_BYTES) this.#release(Infinity);
    else this.#cancelLook ??= this.clock.schedule(LOOK_MS, this.#look);
    return this.#written;
  }

  /** Writes what still waits. */
  flush(): Promise<void> {
    this.#cancelLook?.();
    this.#cancelLook = undefined;
    this.#release(Infinity);
    return this.#written;
  }

  readonly #look = (): void => {
    this.#cancelLook = undefined;
    this.#release(this.clock.monotonic() - HOLD_MS);
    if (this.#held.length > 0) this.#cancelLook = this.clock.schedule(LOOK_MS, this.#look);
  };

  /** Writes those that came until then, and those that were captured before one of them. */
  #release(arrivedUntilMs: number): void {
    const due = this.#held.filter(({ arrivedMs }) => arrivedMs <= arrivedUntilMs).sort((a, b) => byTime(a.packet, b.packet));
    const last = due.at(-1);
    if (!last) return;
    const isDue = (held: Held): boolean => byTime(held.packet, last.packet) <= 0;
    const batch = this.#held.filter(isDue).sort((a, b) => byTime(a.packet, b.packet));
    this.#held = this.#held.filter((held) => !isDue(held));
    this.#heldBytes = this.#held.reduce((sum, { packet }) => sum + packet.data.length, 0);
    this.#written = this.#written.then(() => this.write(batch));
  }
}
