// Puts the manifest and its segments into the bucket: when something changed, and at the end.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { manifestKey, manifestSegmentKey } from '../../protocol/keys.js';
import { segmentPath, segmentsFolder } from '../spool/folders.js';
import type { Spool } from '../spool/spool.js';
import type { Uploader } from '../upload/port.js';
import type { ManifestBody } from './build.js';

/** Entries of a segment. Settled entries beyond this leave the agent's memory. */
export const SEGMENT_FILES = 500;
const CONTENT_TYPE = 'application/json';

export class ManifestPublisher {
  readonly key: string;
  private lastBody = '';

  constructor(
    private readonly spool: Spool,
    private readonly uploader: Uploader,
    private readonly prefix: string,
    private readonly node: string,
    private readonly now: () => number,
  ) {
    this.key = manifestKey(prefix, node, spool.state.attempt);
  }

  /** Moves the oldest settled entries into segments on disk while there are enough of them. */
  seal(): void {
    while (this.spool.state.unsealed.length >= SEGMENT_FILES) {
      const { segments, unsealed, attempt } = this.spool.state;
      const number = segments.length + 1;
      const text = JSON.stringify(unsealed.slice(0, SEGMENT_FILES));
      try {
        mkdirSync(segmentsFolder(this.spool.folder), { recursive: true, mode: 0o700 });
        writeFileSync(segmentPath(this.spool.folder, number), text, { flush: true });
      } catch {
        // A full disk: the entries stay where they are, in memory and journal, until the next look.
        return;
      }
      const sha256 = createHash('sha256').update(text).digest('hex');
      this.spool.record({ type: 'sealed', number, key: manifestSegmentKey(this.prefix, this.node, attempt, number), sha256, files: SEGMENT_FILES });
    }
  }

  /** Resolves when segments and manifest are in the bucket; rejects when `signal` is aborted. Does nothing where nothing changed. */
  async publish(build: () => ManifestBody, signal: AbortSignal): Promise<void> {
    for (const { number, key, uploaded } of this.spool.state.segments) {
      if (uploaded) continue;
      await this.uploader.putSmall(key, await readFile(segmentPath(this.spool.folder, number)), CONTENT_TYPE, signal);
      this.spool.record({ type: 'segmentUploaded', number });
      await this.spool.sync();
      await rm(segmentPath(this.spool.folder, number), { force: true });
    }
    const body = build();
    const text = JSON.stringify(body);
    if (text === this.lastBody) return;
    await this.uploader.putSmall(this.key, Buffer.from(JSON.stringify({ ...body, writtenTime: new Date(this.now()).toISOString() })), CONTENT_TYPE, signal);
    this.lastBody = text;
  }
}
