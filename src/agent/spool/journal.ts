// The journal: append-only lines in the spool folder, by which a killed agent is continued. Bounded by checkpoints.
import { closeSync, constants, existsSync, fdatasync, fsyncSync, ftruncateSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AS_IT_STANDS } from '../../storage/regular-file.js';
import { applyEvent } from './apply.js';
import { restored } from './checkpoint.js';
import type { SpoolEvent } from './events.js';
import { emptyState, type SpoolState } from './state.js';
import { checkEvent, checkState } from './trusted.js';

const FILE = 'journal';
const NEXT_FILE = 'journal.next';
/** A checkpoint replaces the lines when they take this much, and twice what a checkpoint takes. */
const CHECKPOINT_BYTES = 1024 * 1024;
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | AS_IT_STANDS;

export interface JournalLog {
  warn(fields: object, message: string): void;
}

/**
 * State and journal together: `record` applies an event and appends its line. When the disk is full the line waits in memory, in order,
 * and is written later: counting goes on.
 */
export class Journal {
  private waiting: string[] = [];
  private checkpointBytes = 0;
  private isStuck = false;
  private syncing = 0;
  /** Descriptors of replaced files, closed when no sync uses them. */
  private retired: number[] = [];

  private constructor(
    private readonly folder: string,
    readonly state: SpoolState,
    private fd: number,
    private bytes: number,
    private readonly log: JournalLog,
    private readonly syncFolder: (folder: string) => void,
  ) {}

  /** Opens a folder's journal, or begins one. A torn last line (a kill in mid-write) is cut off. */
  static open(folder: string, log: JournalLog, syncFolder = fsyncFolder): Journal {
    const path = join(folder, FILE);
    const isNew = !existsSync(path);
    const fd = openSync(path, APPEND);
    if (isNew) syncFolder(folder);
    const content = readFileSync(path);
    const { state, bytes } = replay(content, log);
    if (bytes < content.length) ftruncateSync(fd, bytes);
    return new Journal(folder, state, fd, bytes, log, syncFolder);
  }

  get sizeBytes(): number {
    return this.bytes;
  }

  record(event: SpoolEvent): void {
    applyEvent(this.state, event);
    this.waiting.push(`${JSON.stringify(event)}\n`);
    this.write();
  }

  /** Writes what waits; what can't be written waits on. */
  private write(): void {
    while (this.waiting.length > 0) {
      const line = Buffer.from(this.waiting[0] as string);
      try {
        const written = writeSync(this.fd, line);
        if (written < line.length) throw new Error(`${written} of ${line.length} bytes written`);
      } catch (error) {
        try {
          ftruncateSync(this.fd, this.bytes);
        } catch {
          // A torn line is passed over when it is read.
        }
        if (!this.isStuck) this.log.warn({ error: String(error) }, 'journal cannot be written: its lines wait in memory');
        this.isStuck = true;
        return;
      }
      this.bytes += line.length;
      this.waiting.shift();
      this.isStuck = false;
    }
    if (this.bytes > CHECKPOINT_BYTES && this.bytes > 2 * this.checkpointBytes) this.checkpoint();
  }

  /** Resolves when all that was recorded is on the disk itself. */
  async sync(): Promise<void> {
    this.write();
    this.syncing += 1;
    try {
      await promisify(fdatasync)(this.fd);
    } finally {
      this.syncing -= 1;
      if (this.syncing === 0) for (const fd of this.retired.splice(0)) closeSync(fd);
    }
  }

  /** The whole state as one line, in place of all lines that led to it. */
  private checkpoint(): void {
    const text = Buffer.from(`${JSON.stringify({ type: 'checkpoint', state: this.state })}\n`);
    try {
      rmSync(join(this.folder, NEXT_FILE), { force: true });
      const next = openSync(join(this.folder, NEXT_FILE), 'wx');
      try {
        if (writeSync(next, text) < text.length) throw new Error('short write');
        fsyncSync(next);
      } finally {
        closeSync(next);
      }
      renameSync(join(this.folder, NEXT_FILE), join(this.folder, FILE));
      this.syncFolder(this.folder);
      const former = this.fd;
      this.fd = openSync(join(this.folder, FILE), APPEND);
      if (this.syncing === 0) closeSync(former);
      else this.retired.push(former);
      this.bytes = text.length;
      this.checkpointBytes = text.length;
    } catch (error) {
      this.checkpointBytes = this.bytes;
      this.log.warn({ error: String(error) }, 'journal could not be compacted');
    }
  }

  async close(): Promise<void> {
    await this.sync();
    closeSync(this.fd);
  }
}

/** A name is on the disk only when its folder is (fsync(2)): a node that loses power would come back with the former file, or none. */
function fsyncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The state after all whole lines, and how many bytes those take. A damaged line within is passed over. */
export function replay(content: Buffer, log: JournalLog): { state: SpoolState; bytes: number } {
  let state = emptyState();
  const bytes = content.lastIndexOf(0x0a) + 1;
  for (const line of content.subarray(0, bytes).toString('utf8').split('\n')) {
    if (line === '') continue;
    try {
      const event = JSON.parse(line) as SpoolEvent | { type: 'checkpoint'; state: SpoolState };
      if (event.type === 'checkpoint') {
        const next = restored(event.state);
        checkState(next);
        state = next;
      } else {
        checkEvent(event);
        applyEvent(state, event);
      }
    } catch (error) {
      log.warn({ error: String(error), line: line.slice(0, 200) }, 'damaged line in the journal passed over');
    }
  }
  return { state, bytes };
}
