// Our own merge: a pcap of one link type, or a pcapng whose interfaces bear the targets' names.
import type { Packet, PacketSource } from '../../pcap/packet.js';
import { pcapHeader, pcapRecord } from '../../pcap/pcap-writer.js';
import { interfaceBlock, packetBlock, sectionHeader } from '../../pcap/pcapng-writer.js';
import { inOrder, type Peeked } from './ordered.js';
import { FileSink } from './sink.js';

export type MergeFormat = 'pcap' | 'pcapng';

/** What Wireshark calls Ethernet: the header of a file without packets has to name one. */
const ETHERNET = 1;
const MAX_SNAP_LENGTH = 262_144;

interface Layout {
  header: Buffer;
  /** The packet of the n-th file. */
  block: (packet: Packet, index: number) => Buffer;
}

/** `signal`: throws its reason, and leaves what is written so far. Returns the number of packets. */
export async function ownMerge(files: readonly Peeked[], format: MergeFormat, path: string, { signal, onProblem }: { signal: AbortSignal; onProblem: (path: string, problem: string) => void }): Promise<number> {
  const { header, block } = format === 'pcap' ? pcapLayout(files) : pcapngLayout(files);
  const sink = await FileSink.create(path);
  let packets = 0;
  try {
    await sink.write(header);
    await inOrder(
      files,
      (packet, index) => {
        packets += 1;
        const written = sink.write(block(packet, index));
        if (written) signal.throwIfAborted();
        return written;
      },
      onProblem,
    );
  } finally {
    await sink.close();
  }
  return packets;
}

/** The finest time and the longest packets of them. */
const together = (formats: readonly PacketSource[]): Pick<PacketSource, 'digits' | 'snapLength'> => ({
  digits: formats.some(({ digits }) => digits === 9) ? 9 : 6,
  snapLength: Math.max(...formats.map(({ snapLength }) => snapLength), ...(formats.length === 0 ? [MAX_SNAP_LENGTH] : [])),
});

function pcapLayout(files: readonly Peeked[]): Layout {
  const { digits, snapLength } = together(files.map(({ format }) => format));
  return { header: pcapHeader({ linkType: files[0]?.format.linkType ?? ETHERNET, digits, snapLength }), block: (packet) => pcapRecord(packet, digits) };
}

/** One interface for each target and link type. */
function pcapngLayout(files: readonly Peeked[]): Layout {
  const interfaces = new Map<string, { name: string; formats: PacketSource[] }>();
  const keyOf = ({ input, format }: Peeked): string => `${input.target}/${format.linkType}`;
  for (const file of files) {
    const known = interfaces.get(keyOf(file)) ?? { name: file.input.target, formats: [] };
    interfaces.set(keyOf(file), { ...known, formats: [...known.formats, file.format] });
  }
  const list = [...interfaces].map(([key, { name, formats }]) => ({ key, name, linkType: formats[0]?.linkType ?? ETHERNET, ...together(formats) }));
  const numbers = new Map(list.map(({ key, digits }, number) => [key, { number, digits }]));
  const ofFile = files.map((file) => numbers.get(keyOf(file)) ?? { number: 0, digits: 6 as const });
  return {
    header: Buffer.concat([sectionHeader(), ...list.map(interfaceBlock)]),
    block(packet, index) {
      const { number, digits } = ofFile[index] ?? { number: 0, digits: 6 as const };
      return packetBlock(number, packet, digits);
    },
  };
}
