// Control as the agent sees it: the desired state in a file that the kubelet swaps by a symlink, re-read, never kept open.
import { watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { CONTROL_FILE, controlSchema, type Control } from '../protocol/control.js';
import { readAtMost } from '../storage/bounded-file.js';
import { isTargetName } from './target/name.js';

/** What control asks of the pod `podUID`; undefined where it asks nothing: empty, invalid, or addressed to another. */
export function addressedControl(text: string, podUID: string): Control | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const result = controlSchema.safeParse(value);
  if (!result.success || result.data.podUID !== podUID) return undefined;
  const names = result.data.targets.map(({ name }) => name);
  return names.every(isTargetName) && new Set(names).size === names.length ? result.data : undefined;
}

/** In case that a change is not seen. */
const REREAD_MS = 5000;
/** Where none is seen, or it cannot be read. */
const REREAD_UNWATCHED_MS = 500;
/** The API server takes no more annotations of a pod than 256 KiB together. What is larger is no control. */
const MOST_BYTES = 256 * 1024;
/** A file that cannot be read is being swapped; for longer, it is gone. */
const UNREADABLE_GRACE_MS = 3000;

const textOf = async (file: string): Promise<string> => (await readAtMost(file, MOST_BYTES))?.toString('utf8') ?? '';

/** Keeps `current` up to date: at each change that the folder's watch sees, and now and then for those it does not see. */
export class ControlFile {
  current: Control | undefined;
  private lastText: string | undefined;
  private wasWritten = false;
  private unreadableSince: number | undefined;
  private reading: Promise<void> = Promise.resolve();
  private watcher: FSWatcher | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(
    private readonly folder: string,
    /** File with what holds until control was written for the first time. */
    private readonly firstFile: string,
    private readonly podUID: string,
    private readonly monotonic: () => number,
    private readonly onChange: () => void,
  ) {
    this.startWatch();
    this.readLater();
  }

  private startWatch(): void {
    try {
      this.watcher = watch(this.folder, () => void this.read());
      this.watcher.on('error', () => {
        this.watcher?.close();
        this.watcher = undefined;
      });
    } catch {
      // The timer alone is enough.
    }
  }

  private readLater(): void {
    clearTimeout(this.timer);
    if (this.isClosed) return;
    const isSeen = this.watcher !== undefined && this.unreadableSince === undefined;
    this.timer = setTimeout(() => void this.read(), isSeen ? REREAD_MS : REREAD_UNWATCHED_MS);
  }

  /** Reads it anew. One at a time: an older content never comes after a newer one. */
  read(): Promise<void> {
    this.reading = this.reading.then(() => this.readOnce()).finally(() => this.readLater());
    return this.reading;
  }

  private async readOnce(): Promise<void> {
    let text: string;
    try {
      text = await textOf(join(this.folder, CONTROL_FILE));
      this.wasWritten ||= text !== '';
      this.unreadableSince = undefined;
    } catch {
      this.unreadableSince ??= this.monotonic();
      if (this.monotonic() - this.unreadableSince < UNREADABLE_GRACE_MS) return;
      text = '';
    }
    if (!this.wasWritten) text = await textOf(this.firstFile).catch(() => '');
    if (text === this.lastText) return;
    this.lastText = text;
    this.current = addressedControl(text, this.podUID);
    this.onChange();
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.watcher?.close();
  }
}
