// Reads the manifests of a run through a CaptureDownload: or says why they could not be had.
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { manifestTargetSchema, type Manifest, type ManifestTarget } from '../../protocol/manifest.js';
import { askForPage } from '../download/pages.js';
import { shownKey } from '../download/place.js';
import { parseManifest } from '../download/record.js';
import { StoreClient } from '../download/store-client.js';
import { Failure } from '../failure.js';
import { failureOf } from '../failure-of.js';
import type { Session } from '../session.js';
import { accountOf } from './account.js';
import type { Subject } from './subject.js';

/** Who is on call does not wait for a bucket that is slow: status says most of it. */
const ANSWER_MS = 15_000;
const READ_MS = 30_000;
const CONNECT_MS = 5000;
const STALL_MS = 10_000;
const MAX_BYTES = 64 * 1024 * 1024;
const PARALLEL = 4;

export interface ManifestWish {
  name: string;
  runID: string;
  /** PEM, besides the well-known ones. */
  authorities?: string | undefined;
}

export async function readAccount(session: Session, wish: ManifestWish): Promise<Pick<Subject, 'account' | 'unseen'>> {
  try {
    const { manifests, targets } = await readManifests(session, wish);
    return manifests.length === 0 ? { unseen: unseen('there is none in the bucket yet') } : { account: accountOf(manifests, targets) };
  } catch (error) {
    if (session.io.signal.aborted) throw error;
    return { unseen: unseen(failureOf(error, session).message) };
  }
}

const unseen = (why: string): string => `The manifests of the run, which have each gap and what was given up, could not be read: ${why.replace(/\.$/, '')}. All that stands here is from the status alone.`;

async function readManifests(session: Session, { name, runID, authorities }: ManifestWish): Promise<{ manifests: Manifest[]; targets: ManifestTarget[] }> {
  const { io } = session;
  const page = await askForPage(session, { captureName: name, runID, offset: 0 }, ANSWER_MS);
  const client = new StoreClient({ parallel: PARALLEL, authorities, env: io.env, stallMs: STALL_MS, connectMs: CONNECT_MS });
  const late = new AbortController();
  const cancel = io.clock.schedule(READ_MS, () => late.abort(new Failure(`they did not come within ${READ_MS / 1000} s`)));
  const signal = AbortSignal.any([io.signal, late.signal]);
  try {
    // The segments of files name what was captured, not what is missing.
    const wanted = page.manifests.filter(({ key }) => !/\.files-\d+\.json$/.test(key));
    const texts = new Map(await Promise.all(wanted.map(async ({ key, url }) => [key, await textOf(client, url, signal)] as const)));
    const manifests = [...texts].filter(([key]) => !/\.targets-\d+\.json$/.test(key)).map(([key, text]) => manifestOf(key, text, runID));
    return { manifests, targets: manifests.flatMap(({ targetSegments }) => targetSegments).flatMap(({ key, sha256 }) => targetsOf(key, sha256, texts.get(key))) };
  } finally {
    cancel();
    client.close();
  }
}

async function textOf(client: StoreClient, url: string, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  await client.get(url, { from: 0, signal }, {
    begin: () => Promise.resolve(),
    chunk(chunk) {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) return Promise.reject(new Failure(`a manifest is larger than ${MAX_BYTES} bytes`));
      chunks.push(chunk);
      return Promise.resolve();
    },
  });
  return Buffer.concat(chunks).toString('utf8');
}

function manifestOf(key: string, text: string, runID: string): Manifest {
  const manifest = parseManifest(text);
  if (!manifest) throw new Failure(`${shownKey(key)} is of another version, or damaged`);
  if (manifest.runID !== runID) throw new Failure(`${shownKey(key)} is of run ${shownKey(manifest.runID)}, not of ${runID}`);
  return manifest;
}

/** Targets that ended early. What is not there, or not what the manifest says, is not told of. */
function targetsOf(key: string, sha256: string, text: string | undefined): ManifestTarget[] {
  if (text === undefined) return [];
  if (createHash('sha256').update(text).digest('hex') !== sha256) throw new Failure(`${shownKey(key)} is not what its manifest says (SHA-256)`);
  const parsed = z.array(manifestTargetSchema).safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : [];
}
