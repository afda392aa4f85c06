// The savefiles of a target in the order in which they were written.
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Savefile } from '../spool/state.js';
import { compareSavefiles, isSavefile, parseStartFolder, startFolder } from '../tcpdump/file-name.js';

/** A savefile of one target. */
export type Place = Omit<Savefile, 'target'>;

export function comparePlaces(a: Place, b: Place): number {
  return a.attempt - b.attempt || a.start - b.start || compareSavefiles(a.name, b.name);
}

export const pathOfPlace = (folder: string, { attempt, start, name }: Place): string => join(folder, startFolder(attempt, start), name);

/** A folder's time of change is as coarse as a kernel's tick: one that changed just now may change again within it. */
const TICK_MS = 100;

/** Lists a target's folder, and what did not change since is not read again. */
export class Places {
  private readonly unchanged = new Map<string, number>();
  private known: Place[] = [];
  /** Where tcpdump writes now, or will: it may hold nothing yet. */
  private newestFolder: string | undefined;

  constructor(private readonly folder: string) {}

  /** Those after `after`, in order; those of the last look where no folder changed. */
  async after(after: Place | undefined): Promise<Place[]> {
    if (await this.hasChanged()) this.known = await this.list();
    return after ? this.known.filter((place) => comparePlaces(place, after) > 0) : this.known;
  }

  private async hasChanged(): Promise<boolean> {
    const folders = [this.folder, ...(this.newestFolder === undefined ? [] : [this.newestFolder])];
    const times = await Promise.all(folders.map((path) => lstat(path).then(({ mtimeMs }) => mtimeMs, () => undefined)));
    const isUnchanged = times.every((ms, n) => ms !== undefined && this.unchanged.get(folders[n] as string) === ms) && this.newestFolder !== undefined;
    this.unchanged.clear();
    for (const [n, ms] of times.entries()) if (ms !== undefined && Math.abs(Date.now() - ms) > TICK_MS) this.unchanged.set(folders[n] as string, ms);
    return !isUnchanged;
  }

  private async list(): Promise<Place[]> {
    const starts = (await namesIn(this.folder)).flatMap((name) => parseStartFolder(name) ?? []).sort((a, b) => a.attempt - b.attempt || a.start - b.start);
    const newest = starts.at(-1);
    this.newestFolder = newest && join(this.folder, startFolder(newest.attempt, newest.start));
    const places = await Promise.all(starts.map(async (id) => (await namesIn(join(this.folder, startFolder(id.attempt, id.start)))).flatMap((name): Place[] => (isSavefile(name) ? [{ ...id, name }] : []))));
    return places.flat().sort(comparePlaces);
  }
}

/** None where there is no such folder, or none any more. */
const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
