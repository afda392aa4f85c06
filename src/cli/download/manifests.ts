// Fetches the manifests of a run with their segments, keeps them beside the files, and reads them.
import { createHash } from 'node:crypto';
import type { Manifest, ManifestFile } from '../../protocol/manifest.js';
import { Failure } from '../failure.js';
import { fetchInto, type FetchParts } from './fetch.js';
import { type DownloadFolder, moveTo, openOwn, PART_SUFFIX, removeFile } from './folder.js';
import { placeOfManifest, shownKey } from './place.js';
import { parseManifest, parseSegment, recordOf, type RunRecord } from './record.js';

/** Of one object: a manifest has at most some hundred files and targets in itself. */
const MAX_BYTES = 64 * 1024 * 1024;

export interface ManifestParts extends Omit<FetchParts, 'url' | 'onBytes'> {
  url: (key: string, refused?: string) => Promise<string | undefined>;
}

/** They change while the run lasts: what is there of an earlier download is replaced. */
export async function fetchManifests(folder: DownloadFolder, keys: readonly string[], runID: string, parts: ManifestParts): Promise<RunRecord> {
  const texts = new Map<string, string>();
  for (const key of keys) texts.set(key, await fetchManifest(folder, key, runID, parts));
  const manifests: Manifest[] = [];
  const segments = new Map<string, readonly ManifestFile[]>();
  for (const [key, text] of texts) {
    // The segments are beside them.
    if (/\.(files|targets)-\d+\.json$/.test(key)) continue;
    const manifest = parseManifest(text);
    if (!manifest) throw new Failure(`manifest ${shownKey(key)} cannot be read: it is of another version, or damaged; the files cannot be verified without it`);
    if (manifest.runID !== runID) throw new Failure(`manifest ${shownKey(key)} is of run ${shownKey(manifest.runID)}, not of ${runID}; the files cannot be verified with it`);
    manifests.push(manifest);
    for (const { key: segmentKey, sha256 } of manifest.segments) segments.set(segmentKey, segmentOf(segmentKey, sha256, texts.get(segmentKey)));
  }
  return recordOf(manifests, (key) => segments.get(key) ?? []);
}

function segmentOf(key: string, sha256: string, text: string | undefined): readonly ManifestFile[] {
  if (text === undefined) throw new Failure(`segment ${shownKey(key)} of a manifest is not in the bucket; the files that it lists cannot be verified`);
  const found = createHash('sha256').update(text).digest('hex');
  if (found !== sha256) throw new Failure(`segment ${shownKey(key)} is not what its manifest says: sha256 ${found} in the place of ${sha256}`);
  const files = parseSegment(text);
  if (!files) throw new Failure(`segment ${shownKey(key)} of a manifest cannot be read: it is of another version`);
  return files;
}

async function fetchManifest(folder: DownloadFolder, key: string, runID: string, parts: ManifestParts): Promise<string> {
  const place = placeOfManifest(key, runID);
  if (!place) throw new Failure(`the operator names a manifest that can be none of run ${runID}: "${shownKey(key)}"; nothing is written`);
  await folder.prepare(place);
  const path = folder.pathOf(place);
  const part = `${path}${PART_SUFFIX}`;
  await removeFile(part);
  const file = await openOwn(part, { create: true });
  if (!file) throw new Error(`${part}: could not be opened`);
  let text: string;
  try {
    await fetchInto(file, { path: part, size: undefined, maxBytes: MAX_BYTES }, { ...parts, url: (refused) => parts.url(key, refused), onBytes: () => undefined });
    const { size } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(size), 0, size, 0);
    text = buffer.toString('utf8');
  } finally {
    await file.close();
  }
  await moveTo(part, path);
  return text;
}
