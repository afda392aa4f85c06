// Where packets go: one savefile, written as they come, until the one who reads it has gone.
import type { Writable } from 'node:stream';
import type { Clock } from '../../kube/clock.js';
import type { Packet, PacketSource } from '../../pcap/packet.js';
import { pcapHeader, pcapRecord } from '../../pcap/pcap-writer.js';
import { emptyBlock, interfaceBlock, packetBlock, sectionHeader } from '../../pcap/pcapng-writer.js';

export const FORMATS = ['pcapng', 'pcap'] as const;
export type Format = (typeof FORMATS)[number];

/** A packet, and which pod it is of. */
export interface PodPacket {
  pod: string;
  source: PacketSource;
  packet: Packet;
}

/** How often a pipe that has nothing to carry is tried: only a write shows that its reader has gone. */
const TRY_MS = 500;

export class PacketSink {
  packets = 0;
  /** Packets of another link type than a pcap file began with. */
  leftOut = 0;
  /** The reader has gone, or what is written to fails. */
  readonly closed: AbortSignal;
  #failure: Error | undefined;
  readonly #closing = new AbortController();
  readonly #interfaces = new Map<string, number>();
  #first: PacketSource | undefined;
  #idle = false;
  #cancelTry: (() => void) | undefined;

  constructor(
    private readonly out: Writable,
    private readonly format: Format,
    private readonly clock: Clock,
    { isPipe = true } = {},
  ) {
    this.closed = this.#closing.signal;
    out.on('error', this.#fail);
    out.on('close', () => this.#closing.abort());
    if (format === 'pcap') return;
    out.write(sectionHeader());
    if (isPipe) this.#tryAgain();
  }

  /** What is wrong with it, where that is more than that the reader has gone. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** What can be said of a stream before its first packet: a reader begins to show with it. */
  announce(pod: string, source: PacketSource): void {
    const bytes = this.format === 'pcap' ? this.#pcapHeader(source) : this.#interface(pod, source);
    if (bytes && !this.closed.aborted) this.out.write(bytes);
  }

  /** Resolves once there is room for more. */
  async write(packets: PodPacket[]): Promise<void> {
    if (this.closed.aborted || packets.length === 0) return;
    const bytes = this.format === 'pcap' ? this.#pcap(packets) : this.#pcapng(packets);
    this.#idle = false;
    if (this.out.write(Buffer.concat(bytes))) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.out.off('drain', done);
        this.closed.removeEventListener('abort', done);
        resolve();
      };
      this.out.on('drain', done);
      this.closed.addEventListener('abort', done);
    });
  }

  /** Nothing is written any more. */
  end(): void {
    this.#cancelTry?.();
  }

  readonly #fail = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') this.#failure ??= error;
    this.#closing.abort();
  };

  #pcap(packets: PodPacket[]): Buffer[] {
    const bytes: Buffer[] = [];
    for (const { source, packet } of packets) {
      const header = this.#pcapHeader(source);
      if (header) bytes.push(header);
      const first = this.#first as PacketSource;
      if (source.linkType === first.linkType) {
        bytes.push(pcapRecord(packet, first.digits));
        this.packets += 1;
      } else this.leftOut += 1;
    }
    return bytes;
  }

  /** undefined once it is written. */
  #pcapHeader(source: PacketSource): Buffer | undefined {
    if (this.#first) return undefined;
    this.#first = source;
    return pcapHeader(source);
  }

  #pcapng(packets: PodPacket[]): Buffer[] {
    const bytes: Buffer[] = [];
    for (const { pod, source, packet } of packets) {
      const header = this.#interface(pod, source);
      if (header) bytes.push(header);
      bytes.push(packetBlock(this.#interfaces.get(keyOf(pod, source)) ?? 0, packet, source.digits));
    }
    this.packets += packets.length;
    return bytes;
  }

  /** undefined once it is written. */
  #interface(pod: string, source: PacketSource): Buffer | undefined {
    const key = keyOf(pod, source);
    if (this.#interfaces.has(key)) return undefined;
    this.#interfaces.set(key, this.#interfaces.size);
    return interfaceBlock({ ...source, name: pod });
  }

  #tryAgain(): void {
    this.#cancelTry = this.clock.schedule(TRY_MS, () => {
      if (this.closed.aborted) return;
      if (this.#idle && !this.out.writableNeedDrain) this.out.write(emptyBlock());
      this.#idle = true;
      this.#tryAgain();
    });
  }
}

const keyOf = (pod: string, { linkType, snapLength, digits }: PacketSource): string => [pod, linkType, snapLength, digits].join(' ');
