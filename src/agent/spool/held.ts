// What closed savefiles take of the disk: each once, however many of the files that it holds are still needed.
import type { SpoolFile } from './events.js';
import { savefileID, type CutSavefile } from './state.js';

const BLOCK_BYTES = 4096;

/** What a file takes of the disk. */
export const onDisk = (bytes: number): number => Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;

export class Held {
  /** Of all closed savefiles. An open one is counted by its size where it is followed. */
  bytes = 0;
  /** Files that hold a cut savefile. */
  private readonly holders = new Map<string, number>();
  private readonly anyCut: boolean;

  constructor(
    files: SpoolFile[],
    private readonly cuts: Readonly<Record<string, CutSavefile>>,
  ) {
    this.anyCut = Object.keys(cuts).length > 0;
    for (const file of files) this.add(file);
  }

  /** Whether tcpdump still writes to the savefile of a closed file. */
  isOpen(file: SpoolFile): boolean {
    return this.cutOf(file)?.open ?? false;
  }

  private cutOf(file: SpoolFile): CutSavefile | undefined {
    return this.anyCut ? this.cuts[savefileID(file)] : undefined;
  }

  private add(file: SpoolFile): void {
    const cut = this.cutOf(file);
    if (!cut) this.bytes += onDisk(file.to);
    if (!cut || cut.open) return;
    const holders = this.holders.get(savefileID(file)) ?? 0;
    if (holders === 0) this.bytes += onDisk(cut.to);
    this.holders.set(savefileID(file), holders + 1);
  }

  /** A file is needed no more: the bytes that this frees. */
  drop(file: SpoolFile): number {
    const cut = this.cutOf(file);
    let freed = 0;
    if (!cut) freed = onDisk(file.to);
    else if (!cut.open) {
      const holders = (this.holders.get(savefileID(file)) ?? 0) - 1;
      this.holders.set(savefileID(file), holders);
      if (holders === 0) freed = onDisk(cut.to);
    }
    this.bytes -= freed;
    return freed;
  }
}
