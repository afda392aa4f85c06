// The packets of many savefiles in one order: always the earliest of those that come next in their files, as mergecap has it. Of equal times the
// file that is named first has its turn. Within a file nothing is moved.
import { byTime, type Packet, type PacketSource } from '../../pcap/packet.js';
import { Heap } from './heap.js';
import { type MergeInput, Source } from './source.js';

/** A savefile before it is read: its format, and where its packets begin in time. */
export interface Peeked {
  input: MergeInput;
  format: PacketSource;
  first: Packet;
}

interface Entry {
  index: number;
  head: Packet;
  /** Opened when its turn comes: of thousands of files, few are read at a time. */
  source: Source | undefined;
}

/** Without the files that hold no packet. `onProblem`: of a file that could not be read at all. */
export async function peek(inputs: readonly MergeInput[], onProblem: (path: string, problem: string) => void): Promise<Peeked[]> {
  const peeked: Peeked[] = [];
  for (const input of inputs) {
    const source = await Source.open(input);
    const { head, format, problem } = source;
    await source.close();
    // A copy: it would hold the chunk that it stands in.
    if (head && format) peeked.push({ input, format, first: { ...head, data: Buffer.alloc(0) } });
    else if (problem !== undefined) onProblem(input.path, problem);
  }
  return peeked;
}

/** Gives each packet to `take`, with the index of its file; where that answers with a promise, it waits. `onProblem`: of what could not be read to its end. */
export async function inOrder(files: readonly Peeked[], take: (packet: Packet, index: number) => Promise<void> | undefined, onProblem: (path: string, problem: string) => void): Promise<void> {
  const heap = new Heap<Entry>((a, b) => byTime(a.head, b.head) || a.index - b.index);
  files.forEach(({ first }, index) => heap.add({ index, head: first, source: undefined }));
  const open = new Set<Source>();
  try {
    for (let entry = heap.least; entry; entry = heap.least) {
      if (!entry.source) {
        entry.source = await Source.open((files[entry.index] as Peeked).input);
        open.add(entry.source);
      }
      const { source, index } = entry;
      if (source.head) {
        const written = take(source.head, index);
        if (written) await written;
        if (!source.advance()) await source.fill();
      }
      if (source.head) {
        entry.head = source.head;
        heap.sink();
      } else {
        heap.removeLeast();
        open.delete(source);
        if (source.problem !== undefined) onProblem(source.input.path, source.problem);
      }
    }
  } finally {
    for (const source of open) await source.close();
  }
}
