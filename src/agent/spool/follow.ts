// Follows the savefiles of one tcpdump start: counts the open one as it grows, and tells of each as it is closed.
import { open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { SavefileScanner, newScanBuffer } from '../pcap/scanner.js';
import { compareSavefiles, isSavefile } from '../tcpdump/file-name.js';
import type { OpenFile } from '../ledger.js';

export interface ClosedSavefile {
  name: string;
  /** Position after the last whole packet. */
  end: number;
  /** Bytes of the file; past `end` stands a torn or damaged record. */
  sizeBytes: number;
  packets: number;
  firstUs: number;
  lastUs: number;
  openedMs: number;
  damaged: boolean;
}

interface Following {
  name: string;
  handle: FileHandle;
  scanner: SavefileScanner;
  sizeBytes: number;
}

/** A file is closed when the next one has appeared, the last one when its tcpdump is gone. Files without a packet are removed. */
export class StartFollower {
  /** Files not closed yet. Mostly one; more where a look at a large folder missed one that was made during the look. */
  private readonly following = new Map<string, Following>();
  /** Names of closed files, as long as they are on the disk. */
  private readonly closed: Set<string>;
  private closedPackets = 0;
  private readonly buffer = newScanBuffer();
  private busy: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly folder: string,
    /** What it does before it first waits happens at one with the file's ceasing to be the open one: no packet is ever in neither. */
    private readonly onClosed: (file: ClosedSavefile) => Promise<void> | void,
    /** Files of this folder that were closed before. */
    known: Iterable<string> = [],
  ) {
    this.closed = new Set(known);
  }

  /** The open file as far as it was scanned. */
  get open(): (OpenFile & { sizeBytes: number; damaged: boolean }) | undefined {
    const files = [...this.following.values()];
    if (files.length === 0) return undefined;
    const sum = (of: (file: Following) => number): number => files.reduce((total, file) => total + of(file), 0);
    const times = files.flatMap(({ scanner }) => scanner.lastUs ?? []);
    return { packets: sum(({ scanner }) => scanner.packets), bytes: sum(({ scanner }) => scanner.end), lastUs: times.length > 0 ? Math.max(...times) : undefined, sizeBytes: sum((file) => file.sizeBytes), damaged: files.some(({ scanner }) => scanner.damaged) };
  }

  /** Packets in all files that this follower saw, closed or open. */
  get packets(): number {
    return this.closedPackets + (this.open?.packets ?? 0);
  }

  /** Looks at the folder once. `ended`: nothing writes there any more. Calls wait for each other. */
  poll(ended = false): Promise<void> {
    const turn = this.busy.then(() => this.look(ended));
    this.busy = turn.catch(() => undefined);
    return turn;
  }

  private async look(ended: boolean): Promise<void> {
    const found = (await readdir(this.folder)).filter(isSavefile);
    const present = new Set(found);
    for (const name of this.closed) if (!present.has(name)) this.closed.delete(name);
    const names = found.filter((name) => !this.closed.has(name)).sort(compareSavefiles);
    for (const [index, name] of names.entries()) {
      const file = await this.scan(name);
      if (ended || index < names.length - 1) await this.finish(file);
    }
  }

  private async scan(name: string): Promise<Following> {
    const file = this.following.get(name) ?? { name, handle: await open(join(this.folder, name)), scanner: new SavefileScanner(), sizeBytes: 0 };
    this.following.set(name, file);
    file.sizeBytes = (await file.handle.stat()).size;
    await file.scanner.scan(file.handle, file.sizeBytes, this.buffer);
    return file;
  }

  private async finish({ name, handle, scanner, sizeBytes }: Following): Promise<void> {
    const { birthtimeMs } = await handle.stat();
    const { packets, firstUs, lastUs, end, damaged } = scanner;
    this.following.delete(name);
    this.closed.add(name);
    this.closedPackets += packets;
    try {
      if (packets === 0 || firstUs === undefined || lastUs === undefined) await rm(join(this.folder, name), { force: true });
      else await this.onClosed({ name, end, sizeBytes, packets, firstUs, lastUs, damaged, openedMs: birthtimeMs > 0 ? Math.floor(birthtimeMs) : Math.floor(firstUs / 1000) });
    } finally {
      await handle.close();
    }
  }
}
