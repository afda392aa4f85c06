// Which files of a run are shown next: each once, those of a target in their order.
import { placeOfFile } from '../download/place.js';
import type { PageFile } from '../download/pages.js';

export interface OrderedFile extends PageFile {
  target: string;
  attempt: number;
  sequence: number;
}

/** A file that is missing before others is waited for so many looks: its upload may be slower, or it never comes. */
const MOST_LOOKS = 3;

export class FileOrder {
  readonly #taken = new Set<string>();
  readonly #last = new Map<string, OrderedFile>();
  readonly #looks = new Map<string, number>();

  /** Those that need not be shown: what was there before. */
  skip(runID: string, files: readonly PageFile[]): void {
    for (const file of ordered(runID, files)) this.#take(file);
  }

  /** Of all files that are in the bucket. `isLast`: no others come. */
  next(runID: string, files: readonly PageFile[], isLast: boolean): OrderedFile[] {
    const due: OrderedFile[] = [];
    const waiting = new Set<string>();
    for (const file of ordered(runID, files)) {
      if (this.#taken.has(file.key) || waiting.has(file.target)) continue;
      if (!isLast && !this.#follows(file) && this.#look(file) < MOST_LOOKS) {
        waiting.add(file.target);
        continue;
      }
      this.#take(file);
      due.push(file);
    }
    return due;
  }

  /** It could not be had: asked for again. */
  putBack(file: OrderedFile): void {
    this.#taken.delete(file.key);
  }

  #follows({ target, attempt, sequence }: OrderedFile): boolean {
    const last = this.#last.get(target);
    return last === undefined ? sequence === 1 : last.attempt === attempt ? sequence <= last.sequence + 1 : sequence === 1;
  }

  #look({ key }: OrderedFile): number {
    const looks = (this.#looks.get(key) ?? 0) + 1;
    this.#looks.set(key, looks);
    return looks;
  }

  #take(file: OrderedFile): void {
    this.#taken.add(file.key);
    this.#looks.delete(file.key);
    this.#last.set(file.target, file);
  }
}

/** Keys that are none of the run's files are left out. */
function ordered(runID: string, files: readonly PageFile[]): OrderedFile[] {
  const found = files.flatMap((file): OrderedFile[] => {
    const place = placeOfFile(file.key, runID);
    if (!place) return [];
    const [attempt = '', sequence = ''] = place.name.split(/[-_]/);
    return [{ ...file, target: place.folder, attempt: Number(attempt), sequence: Number(sequence) }];
  });
  return found.sort((a, b) => a.attempt - b.attempt || a.sequence - b.sequence);
}
