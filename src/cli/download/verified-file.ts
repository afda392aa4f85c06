// One file of a run in its place: whole, and of the hash that the manifest has, or told by name why not.
import { createHash } from 'node:crypto';
import { Failure } from '../failure.js';
import { fetchInto, type FetchParts } from './fetch.js';
import { DAMAGED_SUFFIX, type DownloadFolder, moveTo, openOwn, PART_SUFFIX, removeFile } from './folder.js';
import type { Place } from './place.js';

/** As the manifest has it, or the operator where the manifest that was read is older than the file. */
export interface Expected {
  size: number | undefined;
  sha256: string | undefined;
}

export interface Content {
  size: number;
  sha256: string;
}

export interface FetchedFile extends Content {
  path: string;
  /** It stood there already. */
  kept: boolean;
}

/** What it threw for was kept aside under this name. */
export class DamagedFile extends Error {}

export const isAsExpected = (content: Content, { size, sha256 }: Expected): boolean => (size === undefined || content.size === size) && (sha256 === undefined || content.sha256 === sha256);

export async function fetchVerified(folder: DownloadFolder, place: Place, expected: Expected, parts: FetchParts, { force }: { force: boolean }): Promise<FetchedFile> {
  await folder.prepare(place);
  const path = folder.pathOf(place);
  const there = await contentOf(path, expected.size);
  if (there !== undefined) {
    if (there !== 'other size' && isAsExpected(there, expected)) {
      parts.onBytes(there.size);
      return { path, ...there, kept: true };
    }
    if (!force) throw new Failure(`${path} is there and is another file than that of the bucket; it is not touched without --force, or choose another folder with -d`);
  }
  const part = `${path}${PART_SUFFIX}`;
  let content = await fetched(part, expected, parts);
  // What an earlier try left may be of another file, and bytes may be hurt on their way: once more, all of it.
  if (!isAsExpected(content, expected)) {
    await removeFile(part);
    parts.onBytes(-content.size);
    content = await fetched(part, expected, parts);
  }
  if (!isAsExpected(content, expected)) {
    await moveTo(part, `${path}${DAMAGED_SUFFIX}`);
    throw new DamagedFile(`${path} is not what the manifest says: sha256 ${content.sha256} (${content.size} bytes) in the place of ${expected.sha256 ?? 'an unknown one'} (${expected.size ?? 'unknown'} bytes); it is kept as ${path}${DAMAGED_SUFFIX}`);
  }
  await moveTo(part, path);
  return { path, ...content, kept: false };
}

async function fetched(part: string, expected: Expected, parts: FetchParts): Promise<Content> {
  const file = await openOwn(part, { create: true });
  if (!file) throw new Error(`${part}: could not be opened`);
  try {
    parts.onBytes((await file.stat()).size);
    await fetchInto(file, { path: part, size: expected.size }, parts);
    return await digest(file.createReadStream({ start: 0, autoClose: false }));
  } finally {
    await file.close();
  }
}

/** undefined: nothing stands there. A file of another size is not read. */
async function contentOf(path: string, size: number | undefined): Promise<Content | 'other size' | undefined> {
  const file = await openOwn(path, { create: false });
  if (!file) return undefined;
  try {
    if (size !== undefined && (await file.stat()).size !== size) return 'other size';
    return await digest(file.createReadStream({ start: 0, autoClose: false }));
  } finally {
    await file.close();
  }
}

/** Of what is on the disk, not of what was on its way there. */
export async function digest(stream: AsyncIterable<Buffer>): Promise<Content> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const bytes of stream) {
    hash.update(bytes);
    size += bytes.length;
  }
  return { size, sha256: hash.digest('hex') };
}
