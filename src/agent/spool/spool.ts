// The spool folder as one thing: its journal and state, and the files that come and go in it.
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { SpoolEvent, SpoolFile, StartID } from './events.js';
import { folderOfStart, pathOfFile, segmentsFolder } from './folders.js';
import { Journal, type JournalLog } from './journal.js';
import type { SpoolState } from './state.js';

/** Numbers of reports are taken in blocks, so that a restart goes on above every number that was used. */
const REPORT_NUMBERS = 1_000_000;

export class Spool {
  private constructor(
    readonly folder: string,
    private readonly journal: Journal,
  ) {}

  /** Goes on with what is in the folder, in the turn `attempt`, or begins anew. The caller holds the folder's lock. */
  static open(folder: string, runID: string, attempt: number, log: JournalLog): Spool {
    const journal = Journal.open(folder, log);
    const { state } = journal;
    if (state.id === '') journal.record({ type: 'spool', id: randomBytes(8).toString('hex'), runID });
    if (state.attempt !== attempt) journal.record({ type: 'attempt', attempt });
    journal.record({ type: 'numbers', from: state.reportsFrom + REPORT_NUMBERS });
    return new Spool(folder, journal);
  }

  get state(): Readonly<SpoolState> {
    return this.journal.state;
  }

  record(event: SpoolEvent): void {
    this.journal.record(event);
  }

  sync(): Promise<void> {
    return this.journal.sync();
  }

  close(): Promise<void> {
    return this.journal.close();
  }

  pathOf(file: SpoolFile): string {
    return pathOfFile(this.folder, file);
  }

  /** Makes the folder of a target's next tcpdump. */
  async newStart(target: string, attempt: number): Promise<StartID & { folder: string }> {
    const id = { target, attempt, start: this.state.targets[target]?.nextStart ?? 1 };
    const folder = folderOfStart(this.folder, id);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    this.record({ type: 'started', ...id });
    return { ...id, folder };
  }

  /** Takes a settled file off the disk, and its start's folder where it was the last one there. */
  async remove(file: SpoolFile): Promise<void> {
    await rm(this.pathOf(file), { force: true });
    this.record({ type: 'removed', target: file.target, sequence: file.sequence });
    await this.removeStartIfEmpty(file);
  }

  /** The folder of a tcpdump that is gone, once nothing of it is pending. */
  async removeStartIfEmpty(id: StartID): Promise<void> {
    const running = this.state.targets[id.target]?.running;
    if (running?.attempt === id.attempt && running.start === id.start) return;
    const isOfStart = (file: SpoolFile): boolean => file.target === id.target && file.attempt === id.attempt && file.start === id.start;
    if (Object.values(this.state.pending).some(isOfStart) || Object.values(this.state.leaving).some(isOfStart)) return;
    await rm(folderOfStart(this.folder, id), { recursive: true, force: true });
  }

  /** What the folder takes besides captures: journal and segments, on disk. */
  async otherBytes(): Promise<number> {
    const segments = await readdir(segmentsFolder(this.folder)).catch(() => []);
    const sizes = await Promise.all([...segments.map((name) => join(segmentsFolder(this.folder), name)), join(this.folder, 'journal')].map((path) => stat(path).then(({ blocks }) => blocks * 512, () => 0)));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Bytes that the file system has available, and all it has. */
  async fileSystem(): Promise<{ availableBytes: number; totalBytes: number }> {
    const { bavail, blocks, bsize } = await statfs(this.folder);
    return { availableBytes: bavail * bsize, totalBytes: blocks * bsize };
  }

  /** Empties the folder; the journal goes last, so that until then a restart knows that all is done. */
  async destroy(): Promise<void> {
    await this.journal.close();
    const names = await readdir(this.folder);
    for (const name of [...names.filter((n) => n !== 'journal'), 'journal']) await rm(join(this.folder, name), { recursive: true, force: true });
  }
}
