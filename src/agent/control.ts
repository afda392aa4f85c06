// Control as the agent sees it: the desired state in a file that the kubelet swaps by a symlink, re-read, never kept open.
import { watch, type FSWatcher } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CONTROL_FILE, controlSchema, type Control } from '../protocol/control.js';

/** A target's name is part of folder names and keys. */
const TARGET_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,299}$/;

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
  return result.data.targets.every((target) => TARGET_NAME.test(target.name)) ? result.data : undefined;
}

const REREAD_MS = 500;
/** A file that cannot be read is being swapped; for longer, it is gone. */
const UNREADABLE_GRACE_MS = 3000;

/** Keeps `current` up to date: at each change that the folder's watch sees, and at every REREAD_MS for those it does not see. */
export class ControlFile {
  current: Control | undefined;
  private lastText: string | undefined;
  private unreadableSince: number | undefined;
  private reading: Promise<void> = Promise.resolve();
  private watcher: FSWatcher | undefined;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly folder: string,
    private readonly podUID: string,
    private readonly monotonic: () => number,
    private readonly onChange: () => void,
  ) {
    this.timer = setInterval(() => void this.read(), REREAD_MS);
    this.startWatch();
  }

  private startWatch(): void {
    try {
      this.watcher = watch(this.folder, () => void this.read());
      this.watcher.on('error', () => this.watcher?.close());
    } catch {
      // The timer alone is enough.
    }
  }

  /** Reads it anew. One at a time: an older content never comes after a newer one. */
  read(): Promise<void> {
    this.reading = this.reading.then(() => this.readOnce());
    return this.reading;
  }

  private async readOnce(): Promise<void> {
    let text: string;
    try {
      text = await readFile(join(this.folder, CONTROL_FILE), 'utf8');
      this.unreadableSince = undefined;
    } catch {
      this.unreadableSince ??= this.monotonic();
      if (this.monotonic() - this.unreadableSince < UNREADABLE_GRACE_MS) return;
      text = '';
    }
    if (text === this.lastText) return;
    this.lastText = text;
    this.current = addressedControl(text, this.podUID);
    this.onChange();
  }

  close(): void {
    clearInterval(this.timer);
    this.watcher?.close();
  }
}
