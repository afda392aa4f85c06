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
  private current: Following | undefined;
  private readonly known: ReadonlySet<string>;
  /** The newest file that was closed; those before it are closed too. */
  private lastClosed: string | undefined;
  private readonly buffer = newScanBuffer();
  private busy: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly folder: string,
    /** What it does before it first waits happens at one with the file's ceasing to be the open one: no packet is ever in neither. */
    private readonly onClosed: (file: ClosedSavefile) => Promise<void> | void,
    /** Files of this folder that were closed before. */
    known: Iterable<string> = [],
  ) {
    this.known = new Set(known);
  }

  /** The open file as far as it was scanned. */
  get open(): (OpenFile & { sizeBytes: number; damaged: boolean }) | undefined {
    if (!this.current) return undefined;
    const { scanner, sizeBytes } = this.current;
    return { packets: scanner.packets, bytes: scanner.end, lastUs: scanner.lastUs, sizeBytes, damaged: scanner.damaged };
  }

  /** Looks at the folder once. `ended`: nothing writes there any more. Calls wait for each other. */
  poll(ended = false): Promise<void> {
    const turn = this.busy.then(() => this.look(ended));
    this.busy = turn.catch(() => undefined);
    return turn;
  }

  private async look(ended: boolean): Promise<void> {
    const names = (await readdir(this.folder)).filter((name) => this.isNew(name)).sort(compareSavefiles);
    for (const [index, name] of names.entries()) {
      const closed = ended || index < names.length - 1;
      await this.scan(name);
      if (closed) await this.finish();
    }
  }

  private isNew(name: string): boolean {
    return isSavefile(name) && !this.known.has(name) && (this.lastClosed === undefined || compareSavefiles(name, this.lastClosed) > 0);
  }

  private async scan(name: string): Promise<void> {
    this.current ??= { name, handle: await open(join(this.folder, name)), scanner: new SavefileScanner(), sizeBytes: 0 };
    const { handle, scanner } = this.current;
    this.current.sizeBytes = (await handle.stat()).size;
    await scanner.scan(handle, this.current.sizeBytes, this.buffer);
  }

  private async finish(): Promise<void> {
    const { name, handle, scanner, sizeBytes } = this.current as Following;
    const { birthtimeMs } = await handle.stat();
    await handle.close();
    const { packets, firstUs, lastUs, end, damaged } = scanner;
    this.current = undefined;
    this.lastClosed = name;
    if (packets === 0 || firstUs === undefined || lastUs === undefined) await rm(join(this.folder, name), { force: true });
    else await this.onClosed({ name, end, sizeBytes, packets, firstUs, lastUs, damaged, openedMs: birthtimeMs > 0 ? Math.floor(birthtimeMs) : Math.floor(firstUs / 1000) });
  }
}
