// Files on their way to the bucket: each is delivered once, or let go, and recorded before it leaves the disk.
import { DISCARD_REASON } from '../api/reasons.js';
import { openRegular } from '../storage/regular-file.js';
import { pause } from './clock.js';
import type { JobConfig } from '../protocol/job-config.js';
import { fileKey, targetPrefix } from '../protocol/keys.js';
import { FILE_HEADER_BYTES } from '../pcap/scanner.js';
import type { SpoolFile } from './spool/events.js';
import type { Spool } from './spool/spool.js';
import { fileID } from './spool/state.js';
import { isWanted } from './spool/wanted.js';
import type { Delivered, Uploader } from './upload/port.js';

const REMOVE_AGAIN_MS = 1000;

interface Delivering {
  abort: AbortController;
  /** Set: the file is let go for this reason, unless its upload was faster. */
  letGoReason?: string;
  settled: Promise<void>;
}

export interface DeliveriesLog {
  /** For what happens per file: logs share their stream with reports, whose tail is read. */
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export class Deliveries {
  private readonly delivering = new Map<string, Delivering>();

  constructor(
    private readonly spool: Spool,
    private readonly uploader: Uploader,
    private readonly prefix: string,
    private readonly upload: JobConfig['upload'],
    private readonly log: DeliveriesLog,
    private readonly onSettled: () => void,
    /** Resolves when a file that is in the bucket may leave the node. */
    private readonly untilRead: (file: SpoolFile, signal: AbortSignal) => Promise<void> = () => Promise.resolve(),
  ) {}

  keyOf(file: SpoolFile): string {
    return fileKey(this.prefix, file.target, file.attempt, file.sequence, file.openedMs, this.upload.compression);
  }

  /** Whether a closed file is to be in the bucket. */
  isWanted(file: SpoolFile): boolean {
    return isWanted(this.upload.policy, this.spool.state, file);
  }

  /** Begins to deliver every closed file that is wanted and not being delivered yet; where uploads `wait`, with none of them. */
  startAll(wait = false): void {
    if (!wait) for (const file of Object.values(this.spool.state.pending)) if (this.isWanted(file) && !this.delivering.has(fileID(file))) this.start(file);
    // Settled, and still on the disk: what failed then may work now.
    for (const file of Object.values(this.spool.state.leaving)) if (!this.delivering.has(fileID(file))) this.start(file);
  }

  isLeaving(file: SpoolFile): boolean {
    return this.delivering.get(fileID(file))?.letGoReason !== undefined;
  }

  isUnderWay(file: SpoolFile): boolean {
    return this.uploader.underWay.has(this.keyOf(file));
  }

  /** Gives a file up. What its upload has completed by then stays uploaded. */
  letGo(file: SpoolFile, reason: string): void {
    const entry = this.delivering.get(fileID(file));
    if (!entry) return this.start(file, reason);
    if (entry.letGoReason !== undefined) return;
    entry.letGoReason = reason;
    entry.abort.abort(new Error(`let go: ${reason}`));
  }

  /** A killed agent may have begun the upload of a file that was given up since: of what is uploaded, its own next try tidies up. The run's other nodes go on. */
  async tidyUp(): Promise<void> {
    const { discards, targets, sealedTargets } = this.spool.state;
    if (Object.keys(discards).length === 0) return;
    const own = [...Object.keys(targets), ...sealedTargets.discarded].map((target) => targetPrefix(this.prefix, target));
    await this.uploader.forgetUnfinished(this.prefix, (key) => own.some((prefix) => key.startsWith(prefix)));
  }

  /** Ends all uploads where they are; the files stay on disk and pending. */
  async interrupt(): Promise<void> {
    for (const { abort } of this.delivering.values()) abort.abort(new Error('the agent ends'));
    await Promise.all([...this.delivering.values()].map(({ settled }) => settled));
  }

  private start(file: SpoolFile, letGoReason?: string): void {
    const abort = new AbortController();
    const entry: Delivering = { abort, settled: Promise.resolve(), ...(letGoReason !== undefined && { letGoReason }) };
    this.delivering.set(fileID(file), entry);
    entry.settled = this.deliver(file, entry)
      .catch((error: unknown) => {
        this.log.warn({ file, error: String(error) }, 'a settled file could not be removed; trying again');
        return pause(REMOVE_AGAIN_MS, abort.signal);
      })
      .finally(() => {
        this.delivering.delete(fileID(file));
        this.onSettled();
      });
  }

  private async deliver(file: SpoolFile, entry: Delivering): Promise<void> {
    if (this.spool.state.pending[fileID(file)]) await this.settle(file, entry);
    if (!this.spool.state.leaving[fileID(file)]) return;
    if (entry.letGoReason === undefined) await this.untilRead(file, entry.abort.signal);
    await this.spool.sync();
    await this.spool.remove(file);
  }

  /** Uploaded or discarded, or, where the agent ends, neither. */
  private async settle(file: SpoolFile, entry: Delivering): Promise<void> {
    const { target, sequence } = file;
    if (entry.letGoReason !== undefined) return this.discard(file, entry.letGoReason);
    const key = this.keyOf(file);
    const path = this.spool.pathOf(file);
    try {
      const prologue = file.from > 0 ? await pcapHeader(path) : undefined;
      const object = await this.uploader.deliver({ key, path, start: file.from, end: file.to, ...(prologue && { prologue }), target, packets: file.packets }, entry.abort.signal, (sent) => {
        if (file.sending?.sha256 !== sent.sha256) this.spool.record({ type: 'sending', target, sequence, key, ...sent });
      });
      this.recordUploaded(file, key, object);
    } catch (error) {
      const reason = entry.letGoReason ?? (entry.abort.signal.aborted ? undefined : unreadable(error));
      if (reason === undefined) return;
      this.log.debug({ file, reason, error: String(error) }, 'file discarded');
      await this.discard(file, reason);
    }
  }

  /** An object that was sent may be in the bucket, though nothing was heard of it: where it is found there, the file is uploaded. */
  private async discard(file: SpoolFile, reason: string): Promise<void> {
    const { target, sequence, sending } = file;
    const found = sending && (await this.uploader.find(sending.key, sending));
    if (sending && found) this.recordUploaded(file, sending.key, found);
    else this.spool.record({ type: 'discarded', target, sequence, reason });
  }

  private recordUploaded({ target, sequence }: SpoolFile, key: string, { size, sha256, etag }: Delivered): void {
    this.spool.record({ type: 'uploaded', target, sequence, key, size, sha256, etag, ...(this.upload.compression !== 'None' && { compressed: true }) });
  }
}

/** The header of a savefile, for a range that does not begin with it. */
async function pcapHeader(path: string): Promise<Buffer> {
  const savefile = await openRegular(path);
  try {
    const header = Buffer.alloc(FILE_HEADER_BYTES);
    const { bytesRead } = await savefile.read(header, 0, header.length, 0);
    if (bytesRead < header.length) throw new Error(`${path}: ${bytesRead} bytes are no pcap header`);
    return header;
  } finally {
    await savefile.close();
  }
}

/** The uploader retries everything but a file that cannot be read. */
const unreadable = (error: unknown): string => ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT' ? DISCARD_REASON.spoolLost : DISCARD_REASON.damaged);
