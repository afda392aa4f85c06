// Follows the savefiles of one tcpdump start: counts the open one as it grows, and tells of each range that is closed or cut.
import { readdir, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { openRegular } from '../../storage/regular-file.js';
import type { OpenFile } from '../ledger.js';
import { SavefileScanner, newScanBuffer } from '../../pcap/scanner.js';
import { compareSavefiles, isSavefile } from '../tcpdump/file-name.js';
import { pcapBytes } from './settle.js';

export interface SavefileRange {
  from: number;
  /** Position after the last whole packet. */
  to: number;
  packets: number;
  firstUs: number;
  lastUs: number;
  openedMs: number;
}

export interface ClosedSavefile {
  name: string;
  /** What stands behind the last cut; absent where that is no packet. */
  range: SavefileRange | undefined;
  /** False where it was cut: tcpdump writes on behind the range. */
  isFinished: boolean;
  /** Bytes of the savefile. What stands behind the last packet of a finished one is a torn or damaged record. */
  sizeBytes: number;
  wholeBytes: number;
  damaged: boolean;
  /** The disk does not give it back: the range is what was counted before. */
  isUnreadable?: true;
}

interface Following {
  name: string;
  /** Absent where it could not even be opened. */
  handle: FileHandle | undefined;
  /** Where the scanner's range begins. */
  from: number;
  scanner: SavefileScanner;
  sizeBytes: number;
  isUnreadable?: true;
}

/** A savefile is finished when the next one has appeared, the last one when its tcpdump is gone. One without a packet is removed. */
export class StartFollower {
  /** Files not finished yet. Mostly one; more where a look at a large folder missed one that was made during the look. */
  private readonly following = new Map<string, Following & { handle: FileHandle }>();
  /** Names of finished files, as long as they are on the disk. */
  private readonly finished = new Set<string>();
  /** Of files that were cut by an earlier agent: up to where. */
  private readonly cuts = new Map<string, number>();
  private closedPackets = 0;
  private readonly buffer = newScanBuffer();
  private busy: Promise<unknown> = Promise.resolve();

  /** `recorded`: what of this folder is in files already, by savefile: all of it (`open` false), or all up to `to`. */
  constructor(
    private readonly folder: string,
    /** What it does before it first waits happens at one with the range's ceasing to be the open one: no packet is ever in neither. */
    private readonly onClosed: (file: ClosedSavefile) => Promise<void> | void,
    recorded: Iterable<[string, { open: boolean; to: number }]> = [],
    private readonly openFile: (path: string) => Promise<FileHandle> = openRegular,
  ) {
    for (const [name, { open: isOpen, to }] of recorded) {
      if (isOpen) this.cuts.set(name, to);
      else this.finished.add(name);
    }
  }

  /** What stands in the open file behind the last cut, as far as it was scanned. `sizeBytes` is all that the file takes. */
  get open(): (OpenFile & { sizeBytes: number; damaged: boolean }) | undefined {
    const files = [...this.following.values()];
    if (files.length === 0) return undefined;
    const sum = (of: (file: Following) => number): number => files.reduce((total, file) => total + of(file), 0);
    const times = files.flatMap(({ scanner }) => scanner.lastUs ?? []);
    return {
      packets: sum(({ scanner }) => scanner.packets),
      bytes: sum(({ from, scanner }) => pcapBytes({ from, to: scanner.end })),
      lastUs: times.length > 0 ? Math.max(...times) : undefined,
      sizeBytes: sum((file) => file.sizeBytes),
      damaged: files.some(({ scanner }) => scanner.damaged),
    };
  }

  /** The open file, and the end of the last packet in it that was counted. */
  get tail(): { name: string; end: number } | undefined {
    const file = [...this.following.values()].at(-1);
    return file && { name: file.name, end: file.scanner.end };
  }

  /** Packets in all files that this follower saw, closed or open. */
  get packets(): number {
    return this.closedPackets + (this.open?.packets ?? 0);
  }

  /** Nothing writes there any more, and the folder, or a file of it, cannot be read: tells of each file with what was counted of it. */
  abandon(): Promise<void> {
    return this.inTurn(async () => {
      const found = await this.savefiles().catch(() => []);
      const names = new Set([...found, ...this.following.keys()].filter((name) => !this.finished.has(name)));
      for (const name of [...names].sort(compareSavefiles)) {
        const file = await this.scan(name).catch((): Following => {
          const known = this.following.get(name) ?? { name, handle: undefined, from: this.cuts.get(name) ?? 0, scanner: new SavefileScanner(), sizeBytes: 0 };
          return { ...known, isUnreadable: true };
        });
        await this.finish(file);
      }
    });
  }

  /** Looks at the folder once. `ended`: nothing writes there any more. Calls wait for each other. */
  poll(ended = false): Promise<void> {
    return this.inTurn(() => this.look(ended));
  }

  /** Closes what the open file holds now, up to its last whole packet; tcpdump writes on behind it. */
  cut(): Promise<void> {
    return this.inTurn(async () => {
      await this.look(false);
      for (const file of this.following.values()) {
        const range = rangeOf(file, await birthtimeOf(file));
        if (range) await this.close(file, range);
      }
    });
  }

  private inTurn(step: () => Promise<void>): Promise<void> {
    const turn = this.busy.then(step);
    this.busy = turn.catch(() => undefined);
    return turn;
  }

  /** tcpdump makes no links, pipes and devices: one that somebody put there ends no file and is none. A folder is told of as what cannot be read. */
  private async savefiles(): Promise<string[]> {
    return (await readdir(this.folder, { withFileTypes: true })).flatMap((entry) => ((entry.isFile() || entry.isDirectory()) && isSavefile(entry.name) ? entry.name : []));
  }

  private async look(ended: boolean): Promise<void> {
    const found = await this.savefiles();
    const present = new Set(found);
    for (const name of this.finished) if (!present.has(name)) this.finished.delete(name);
    const names = found.filter((name) => !this.finished.has(name)).sort(compareSavefiles);
    for (const [index, name] of names.entries()) {
      const file = await this.scan(name);
      if (ended || index < names.length - 1) await this.finish(file);
    }
  }

  private async scan(name: string): Promise<Following & { handle: FileHandle }> {
    const file = this.following.get(name) ?? (await this.follow(name));
    const { handle } = file;
    this.following.set(name, file);
    file.sizeBytes = (await handle.stat()).size;
    await file.scanner.scan(handle, file.sizeBytes, this.buffer);
    return file;
  }

  private async follow(name: string): Promise<Following & { handle: FileHandle }> {
    const handle = await this.openFile(join(this.folder, name));
    const from = this.cuts.get(name) ?? 0;
    return { name, handle, from, scanner: from > 0 ? await SavefileScanner.behind(handle, from) : new SavefileScanner(), sizeBytes: 0 };
  }

  private async close(file: Following, range: SavefileRange): Promise<void> {
    const { name, sizeBytes, scanner } = file;
    this.closedPackets += range.packets;
    file.from = range.to;
    file.scanner = scanner.rest();
    await this.onClosed({ name, range, isFinished: false, sizeBytes, wholeBytes: scanner.end, damaged: scanner.damaged });
  }

  private async finish(file: Following): Promise<void> {
    const { name, handle, scanner, sizeBytes, from, isUnreadable } = file;
    const range = rangeOf(file, await birthtimeOf(file));
    this.following.delete(name);
    this.finished.add(name);
    this.closedPackets += range?.packets ?? 0;
    try {
      if (!range && from === 0) await rm(join(this.folder, name), { force: true, recursive: true });
      else await this.onClosed({ name, range, isFinished: true, sizeBytes, wholeBytes: scanner.end, damaged: scanner.damaged, ...(isUnreadable && { isUnreadable }) });
    } finally {
      await handle?.close();
    }
  }
}

/** 0 where nobody knows it. */
const birthtimeOf = ({ handle, isUnreadable }: Following): Promise<number> => (isUnreadable || !handle ? Promise.resolve(0) : handle.stat().then((s) => s.birthtimeMs));

/** A range behind a cut was opened with its first packet, and so was a file whose making the file system does not tell. */
function rangeOf({ from, scanner }: Following, birthtimeMs: number): SavefileRange | undefined {
  const { packets, firstUs, lastUs, end } = scanner;
  if (packets === 0 || firstUs === undefined || lastUs === undefined) return undefined;
  return { from, to: end, packets, firstUs, lastUs, openedMs: from === 0 && birthtimeMs > 0 ? Math.floor(birthtimeMs) : Math.floor(firstUs / 1000) };
}
