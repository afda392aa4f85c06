// When savefiles of a spool were closed and when they were verified in the bucket, seen from outside of the agent.
import { linkSync, mkdirSync, readdirSync, readFileSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { SpoolEvent } from '../../../../src/agent/spool/events.js';
import { compareSavefiles, isSavefile } from '../../../../src/agent/tcpdump/file-name.js';

export interface Uploaded {
  /** The savefile kept under another name: what a copy of it took is measured with these very bytes. */
  path: string;
  bytes: number;
  /** From the making of tcpdump's next file to the line that says `uploaded` in the journal, which follows the reading back. */
  ms: number;
}

/** Watches one tcpdump's folder and the journal. tcpdump closes a file and makes the next one in one go, so the next one's time of birth is when it was closed. */
export class SpoolWatch {
  readonly uploaded: Uploaded[] = [];
  private readonly born = new Map<string, number>();
  private readonly nameOf = new Map<number, string>();
  private linesRead = 0;
  private readonly watchers;

  constructor(
    private readonly spool: string,
    private readonly folder: string,
    private readonly keep: string,
  ) {
    mkdirSync(keep);
    this.watchers = [watch(folder, () => this.lookAtFiles()), watch(join(spool, 'journal'), () => this.lookAtJournal())];
    this.lookAtFiles();
  }

  private lookAtFiles(): void {
    for (const name of readdirSync(this.folder)) {
      if (!isSavefile(name) || this.born.has(name)) continue;
      try {
        linkSync(join(this.folder, name), join(this.keep, name));
        this.born.set(name, statSync(join(this.keep, name)).birthtimeMs);
      } catch (error) {
        // Gone before it was seen: it has no part in the figure, nor has the one before it.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }

  private lookAtJournal(): void {
    const seenMs = Date.now();
    this.lookAtFiles();
    const lines = readFileSync(join(this.spool, 'journal'), 'utf8').split('\n').slice(0, -1);
    for (const line of lines.slice(this.linesRead)) {
      const event = JSON.parse(line) as SpoolEvent;
      if (event.type === 'closed') this.nameOf.set(event.file.sequence, event.file.name);
      else if (event.type === 'uploaded') this.take(event.sequence, seenMs);
    }
    this.linesRead = lines.length;
  }

  private take(sequence: number, seenMs: number): void {
    const name = this.nameOf.get(sequence);
    if (name === undefined) return;
    const names = [...this.born.keys()].sort(compareSavefiles);
    const closedMs = this.born.get(names[names.indexOf(name) + 1] ?? '');
    const path = join(this.keep, name);
    if (closedMs !== undefined && this.born.has(name)) this.uploaded.push({ path, bytes: statSync(path).size, ms: seenMs - closedMs });
  }

  close(): void {
    for (const watcher of this.watchers) watcher.close();
  }
}
