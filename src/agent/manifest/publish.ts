// Puts the manifest and its segments into the bucket: when something changed, and at the end.
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { manifestKey, manifestSegmentKey, targetSegmentKey } from '../../protocol/keys.js';
import type { ManifestTarget } from '../../protocol/manifest.js';
import { openRegular } from '../../storage/regular-file.js';
import type { SpoolEvent } from '../spool/events.js';
import { segmentPath, segmentsFolder, targetSegmentPath } from '../spool/folders.js';
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
      const sha256 = this.writeSegment(segmentPath(this.spool.folder, number), unsealed.slice(0, SEGMENT_FILES));
      if (sha256 === undefined) return;
      this.spool.record({ type: 'sealed', number, key: manifestSegmentKey(this.prefix, this.node, attempt, number), sha256, files: SEGMENT_FILES });
    }
  }

  /** Moves targets into a segment on disk; false where the disk is full. */
  sealTargets(entries: ManifestTarget[]): boolean {
    const { sealedTargets, attempt } = this.spool.state;
    const number = sealedTargets.segments.length + 1;
    const sha256 = this.writeSegment(targetSegmentPath(this.spool.folder, number), entries);
    if (sha256 === undefined) return false;
    this.spool.record({ type: 'targetsSealed', number, key: targetSegmentKey(this.prefix, this.node, attempt, number), sha256, targets: entries.map(({ name }) => name) });
    return true;
  }

  /** SHA-256 of what is in the file then; undefined on a full disk: the entries stay where they are, in memory and journal, until the next look. */
  private writeSegment(path: string, entries: object[]): string | undefined {
    const text = JSON.stringify(entries);
    try {
      mkdirSync(segmentsFolder(this.spool.folder), { recursive: true, mode: 0o700 });
      // What a kill left before it was recorded, or what somebody put there.
      rmSync(path, { force: true });
      writeFileSync(path, text, { flush: true, flag: 'wx' });
    } catch {
      return undefined;
    }
    return createHash('sha256').update(text).digest('hex');
  }

  private async putSegments(signal: AbortSignal): Promise<void> {
    const { segments, sealedTargets } = this.spool.state;
    for (const { number, key, uploaded } of segments) if (!uploaded) await this.putSegment(key, segmentPath(this.spool.folder, number), { type: 'segmentUploaded', number }, signal);
    for (const { number, key, uploaded } of sealedTargets.segments) if (!uploaded) await this.putSegment(key, targetSegmentPath(this.spool.folder, number), { type: 'targetSegmentUploaded', number }, signal);
  }

  private async putSegment(key: string, path: string, uploaded: SpoolEvent, signal: AbortSignal): Promise<void> {
    const file = await openRegular(path);
    const body = await file.readFile().finally(() => file.close());
    await this.uploader.putSmall(key, body, CONTENT_TYPE, signal);
    this.spool.record(uploaded);
    await this.spool.sync();
    await rm(path, { force: true });
  }

  /** Resolves when segments and manifest are in the bucket; rejects when `signal` is aborted. Does nothing where nothing changed. */
  async publish(build: () => ManifestBody, signal: AbortSignal): Promise<void> {
    await this.putSegments(signal);
    const body = build();
    const text = JSON.stringify(body);
    if (text === this.lastBody) return;
    await this.uploader.putSmall(this.key, Buffer.from(JSON.stringify({ ...body, writtenTime: new Date(this.now()).toISOString() })), CONTENT_TYPE, signal);
    this.lastBody = text;
  }
}
