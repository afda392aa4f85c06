// The packets of one savefile, one after the other, read as they are wanted.
import { type Packet, type PacketSource } from '../../pcap/packet.js';
import { NoSavefile, PacketDecoder } from '../../pcap/packet-decoder.js';
import { contentOf, CutOff } from './content.js';

export interface MergeInput {
  path: string;
  target: string;
}

export class Source {
  private readonly decoder = new PacketDecoder();
  private readonly chunks: AsyncIterator<Buffer>;
  private packets: Packet[] = [];
  private at = 0;
  /** Why not all of the file could be read. */
  problem: string | undefined;

  private constructor(readonly input: MergeInput) {
    this.chunks = contentOf(input.path)[Symbol.asyncIterator]();
  }

  /** At its first packet, where it has one. */
  static async open(input: MergeInput): Promise<Source> {
    const source = new Source(input);
    await source.fill();
    return source;
  }

  /** undefined: there is none any more. */
  get head(): Packet | undefined {
    return this.packets[this.at];
  }

  get format(): PacketSource | undefined {
    return this.decoder.source;
  }

  /** Past the head. false: the next one has to be waited for, with `fill`. */
  advance(): boolean {
    this.at += 1;
    return this.at < this.packets.length;
  }

  async fill(): Promise<void> {
    this.packets = [];
    this.at = 0;
    try {
      while (this.packets.length === 0) {
        const next = await this.chunks.next();
        if (next.done === true) {
          if (this.decoder.pending > 0) this.problem = 'it ends in the middle of a packet';
          else if (!this.decoder.source) this.problem = 'it is empty';
          return;
        }
        this.packets = this.decoder.push(next.value);
      }
    } catch (error) {
      if (!(error instanceof NoSavefile) && !(error instanceof CutOff)) throw error;
      this.problem = error instanceof CutOff ? `its compressed content is cut off (${error.message})` : `it is damaged: ${error.message}`;
      await this.close();
    }
  }

  async close(): Promise<void> {
    await this.chunks.return?.();
  }
}
