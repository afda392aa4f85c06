// Whether nothing comes: then whoever writes to a tcpdump's folder wakes the agent, and it looks by itself only now and then.
import { watch, type FSWatcher } from 'node:fs';
import type { Clock } from './clock.js';
import { STDERR_FILE } from './tcpdump/file-name.js';

/** How things stand with all tcpdumps. */
export interface Standing {
  /** Changes with whatever comes. */
  mark: string;
  /** Where it would be seen first. */
  folders: string[];
}

/** Nothing new for so long is stillness. While packets come, a watch would cost tcpdump and the agent more than the looks do. */
const STILL_AFTER_MS = 1000;
/** Where no watch is to be had, the looks go on, and one is asked for again after this. */
const WATCH_AGAIN_MS = 60_000;

export class Stillness {
  private mark: string | undefined;
  private sinceMs = -Infinity;
  /** A look since the watch began found nothing that came before. */
  private isConfirmed = false;
  private watchers: FSWatcher[] = [];

  constructor(
    private readonly clock: Pick<Clock, 'monotonic'>,
    private readonly wake: () => void,
    private readonly watchFolder = watch,
  ) {}

  /** Nobody wrote to any of the folders since the last look. */
  get isWatching(): boolean {
    return this.watchers.length > 0 && this.isConfirmed;
  }

  /** Of one look: true where nothing was new, nor in the look before, and whatever comes is seen. `standing` is undefined while anything else goes on. */
  isStill(standing: Standing | undefined): boolean {
    if (standing === undefined || standing.mark !== this.mark) {
      this.mark = standing?.mark;
      this.end();
      return false;
    }
    if (this.watchers.length > 0) return (this.isConfirmed = true);
    // What came before there was a watch, and behind this look, the next one sees.
    if (this.clock.monotonic() - this.sinceMs >= STILL_AFTER_MS) this.watch(standing.folders);
    return false;
  }

  private watch(folders: string[]): void {
    try {
      for (const folder of folders) {
        // Its answers to the agent's own questions are no news.
        const watcher = this.watchFolder(folder, { persistent: false }, (_, name) => name !== STDERR_FILE && this.seen());
        this.watchers.push(watcher);
        watcher.on('error', () => this.seen());
      }
    } catch {
      this.end();
      this.sinceMs += WATCH_AGAIN_MS;
    }
  }

  private seen(): void {
    this.end();
    this.wake();
  }

  end(): void {
    for (const watcher of this.watchers.splice(0)) watcher.close();
    this.isConfirmed = false;
    this.sinceMs = this.clock.monotonic();
  }
}
