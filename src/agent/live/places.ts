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

/** Lists a target's folder: what did not change since is not read again, and what is known is not sorted again. A ring may have thousands of files. */
export class Places {
  private readonly unchanged = new Map<string, number>();
  private known: Place[] = [];
  /** Where tcpdump writes now, or will: it may hold nothing yet. */
  private newestFolder: string | undefined;

  constructor(readonly folder: string) {}

  /** Those after `after`, in order; those of the last look where no folder changed. One call at a time. */
  async after(after: Place | undefined): Promise<Place[]> {
    if (await this.hasChanged()) await this.list();
    if (!after) return [...this.known];
    let from = this.known.length;
    while (from > 0 && comparePlaces(this.known[from - 1] as Place, after) > 0) from -= 1;
    return this.known.slice(from);
  }

  async newest(): Promise<Place | undefined> {
    if (await this.hasChanged()) await this.list();
    return this.known.at(-1);
  }

  private async hasChanged(): Promise<boolean> {
    const folders = [this.folder, ...(this.newestFolder === undefined ? [] : [this.newestFolder])];
    const times = await Promise.all(folders.map((path) => lstat(path).then(({ mtimeMs }) => mtimeMs, () => undefined)));
    const isUnchanged = times.every((ms, n) => ms !== undefined && this.unchanged.get(folders[n] as string) === ms) && this.newestFolder !== undefined;
    this.unchanged.clear();
    for (const [n, ms] of times.entries()) if (ms !== undefined && Math.abs(Date.now() - ms) > TICK_MS) this.unchanged.set(folders[n] as string, ms);
    return !isUnchanged;
  }

  private async list(): Promise<void> {
    const starts = (await namesIn(this.folder)).flatMap((name) => parseStartFolder(name) ?? []).sort((a, b) => a.attempt - b.attempt || a.start - b.start);
    const newest = starts.at(-1);
    this.newestFolder = newest && join(this.folder, startFolder(newest.attempt, newest.start));
    const known = new Map<string, Place[]>(starts.map(({ attempt, start }) => [startFolder(attempt, start), []]));
    for (const place of this.known) known.get(startFolder(place.attempt, place.start))?.push(place);
    const places = await Promise.all(starts.map(async ({ attempt, start }) => inOrder(await namesIn(join(this.folder, startFolder(attempt, start))), { attempt, start }, known.get(startFolder(attempt, start)) ?? [])));
    this.known = places.flat();
  }
}

/** The savefiles of a start: those known, as far as they are still there, and the new ones behind them. */
function inOrder(names: string[], id: Pick<Place, 'attempt' | 'start'>, known: Place[]): Place[] {
  const there = new Set(names);
  const kept = known.filter(({ name }) => there.delete(name));
  const fresh = [...there].filter(isSavefile).sort(compareSavefiles).map((name): Place => ({ ...id, name }));
  const [first] = fresh;
  const last = kept.at(-1);
  return first && last && comparePlaces(first, last) < 0 ? [...kept, ...fresh].sort(comparePlaces) : [...kept, ...fresh];
}

/** None where there is no such folder, or none any more. */
const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
