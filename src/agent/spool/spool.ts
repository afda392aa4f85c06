// The spool folder as one thing: its journal and state, and the files that come and go in it.
import { randomBytes } from 'node:crypto';
import { rmdirSync } from 'node:fs';
import { lstat, mkdir, readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Share, SpoolEvent, SpoolFile, StartID } from './events.js';
import { capturesFolder, folderOfStart, folderOfTarget, pathOfFile, segmentsFolder } from './folders.js';
import { Journal, type JournalLog } from './journal.js';
import { isHeld, savefileID, type Savefile, type SpoolState } from './state.js';
import { removeStrangers } from './strangers.js';

/** Numbers of reports are taken in blocks, so that a restart goes on above every number that was used. */
const REPORT_NUMBERS = 1_000_000;

export class Spool {
  /** Called before a savefile goes off the disk: for whoever reads it. It holds up nothing for long. */
  beforeRemoval: (savefile: Savefile) => Promise<void> = () => Promise.resolve();

  private constructor(
    readonly folder: string,
    private readonly journal: Journal,
  ) {}

  /** Goes on with what is in the folder, in the turn `attempt`, or begins anew. The caller holds the folder's lock. */
  static open(folder: string, runID: string, attempt: number, log: JournalLog): Spool {
    removeStrangers(folder, log);
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

  /** Of what was written to it. */
  get journalBytes(): number {
    return this.journal.sizeBytes;
  }

  pathOf(file: SpoolFile): string {
    return pathOfFile(this.folder, file);
  }

  /** Makes the folder of a target's next tcpdump. */
  async newStart(target: string, attempt: number, share?: Share): Promise<StartID & { folder: string }> {
    const id = { target, attempt, start: this.state.targets[target]?.nextStart ?? 1 };
    const folder = folderOfStart(this.folder, id);
    for (const parent of [capturesFolder(this.folder), folderOfTarget(this.folder, target)]) {
      await mkdir(parent, { recursive: true, mode: 0o700 });
      if (!(await lstat(parent)).isDirectory()) throw new Error(`${parent}: is no folder`);
    }
    // Its own: what stands there already is none of this tcpdump's.
    await mkdir(folder, { mode: 0o700 });
    this.record({ type: 'started', ...id, ...(share && { share }) });
    return { ...id, folder };
  }

  /** Is done with a settled file. Its savefile goes with its last file, once tcpdump is done with it, and the start's folder with its last savefile. */
  async remove(file: SpoolFile): Promise<void> {
    const id = savefileID(file);
    const cut = this.state.cuts[id];
    const isShared = cut !== undefined && (cut.open || isHeld(this.state, id, file));
    if (!isShared) {
      await this.beforeRemoval(file);
      await rm(this.pathOf(file), { force: true, recursive: true });
    }
    this.record({ type: 'removed', target: file.target, sequence: file.sequence });
    await this.removeStartIfEmpty(file);
  }

  /** A savefile that was cut ended with nothing behind the cut. True where it stays on the disk for a file of it that is not done with. */
  async finishCut(savefile: Savefile): Promise<boolean> {
    const stays = isHeld(this.state, savefileID(savefile));
    // First off the disk: a savefile that nobody remembers would be taken for a new one.
    if (!stays) {
      await this.beforeRemoval(savefile);
      await rm(join(folderOfStart(this.folder, savefile), savefile.name), { force: true });
    }
    this.record({ type: 'finished', ...savefile });
    return stays;
  }

  /** The folder of a tcpdump that is gone, once nothing of it is pending. */
  async removeStartIfEmpty(id: StartID): Promise<void> {
    const running = this.state.targets[id.target]?.running;
    if (running?.attempt === id.attempt && running.start === id.start) return;
    const isOfStart = (file: SpoolFile): boolean => file.target === id.target && file.attempt === id.attempt && file.start === id.start;
    if (Object.values(this.state.pending).some(isOfStart) || Object.values(this.state.leaving).some(isOfStart)) return;
    const folder = savefileID({ ...id, name: '' });
    if (Object.entries(this.state.cuts).some(([savefile, { open }]) => open && savefile.startsWith(folder))) return;
    await rm(folderOfStart(this.folder, id), { recursive: true, force: true });
  }

  /** True where nothing of a target is on the disk any more. */
  isRidOf(target: string): boolean {
    try {
      rmdirSync(folderOfTarget(this.folder, target));
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT';
    }
  }

  /** What the folder takes besides captures: journal and segments, on disk. */
  async otherBytes(): Promise<number> {
    const segments = await readdir(segmentsFolder(this.folder)).catch(() => []);
    const sizes = await Promise.all([...segments.map((name) => join(segmentsFolder(this.folder), name)), join(this.folder, 'journal')].map((path) => lstat(path).then(({ blocks }) => blocks * 512, () => 0)));
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
