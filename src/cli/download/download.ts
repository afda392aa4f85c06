// A run's files, brought to this machine: several at a time, each verified, and told at the end what is missing and why.
import { Failure } from '../failure.js';
import type { Session } from '../session.js';
import { accountOf, type Account } from './account.js';
import type { FetchParts } from './fetch.js';
import { DownloadFolder } from './folder.js';
import { Links } from './links.js';
import { fetchManifests } from './manifests.js';
import { askForPage, interrupted, type PageFile } from './pages.js';
import { isWanted, placeOfFile, shownKey } from './place.js';
import type { RunRecord } from './record.js';
import { StoreClient } from './store-client.js';
import { StoreError } from './store-error.js';
import { fetchVerified, isAsExpected, type Expected, type FetchedFile } from './verified-file.js';

export interface DownloadWish {
  name: string;
  runID: string | undefined;
  /** undefined: named after capture and run. */
  directory: string | undefined;
  targets: readonly string[];
  parallel: number;
  force: boolean;
  authorities: string | undefined;
}

/** What goes on, for whoever shows it. */
export interface Watcher {
  /** Before the first byte: of the files that are wanted, as far as it is known. */
  begin(totals: { files: number; bytes: number; directory: string; runID: string }): void;
  bytes(count: number): void;
  file(): void;
  warn(text: string): void;
}

export interface DownloadedFile extends FetchedFile {
  key: string;
  target: string;
  /** Size and hash are those of the manifest. */
  verified: boolean;
}

export interface Downloaded {
  runID: string;
  directory: string;
  /** By target, attempt and sequence. */
  files: DownloadedFile[];
  /** Sentences on files that are not there as they should be. */
  problems: string[];
  account: Account;
}

export async function download(session: Session, wish: DownloadWish, watcher: Watcher): Promise<Downloaded> {
  const { io } = session;
  const ending = new AbortController();
  const onInterrupt = (): void => ending.abort(interrupted());
  io.signal.addEventListener('abort', onInterrupt, { once: true });
  const client = new StoreClient({ parallel: wish.parallel, authorities: wish.authorities, env: io.env });
  try {
    let runID = wish.runID;
    const links = await Links.open((offset) => askForPage(session, { captureName: wish.name, runID, offset }));
    runID = links.first.runID;
    if (links.first.remark !== undefined) watcher.warn(links.first.remark);
    const folder = await DownloadFolder.at(wish.directory ?? `${io.cwd}/${wish.name}-${runID}`);
    const work = new Work({ client, clock: io.clock, signal: ending.signal }, links, folder, wish, watcher, runID);
    return await work.run(ending);
  } catch (error) {
    throw io.signal.aborted ? interrupted() : error;
  } finally {
    client.close();
    io.signal.removeEventListener('abort', onInterrupt);
  }
}

class Work {
  private readonly files: DownloadedFile[] = [];
  private readonly problems: string[] = [];
  private readonly places = new Map<string, string>();
  private record!: RunRecord;

  constructor(
    private readonly parts: Pick<FetchParts, 'client' | 'clock' | 'signal'>,
    private readonly links: Links,
    private readonly folder: DownloadFolder,
    private readonly wish: DownloadWish,
    private readonly watcher: Watcher,
    private readonly runID: string,
  ) {}

  async run(ending: AbortController): Promise<Downloaded> {
    await this.readManifests();
    const listed = [...this.record.files.values()].filter(({ state, target }) => state === 'uploaded' && isWanted(target, this.wish.targets));
    const files = this.wish.targets.length === 0 ? Math.max(listed.length, this.links.first.total) : listed.length;
    this.watcher.begin({ files, bytes: listed.reduce((sum, { size }) => sum + size, 0), directory: this.folder.path, runID: this.runID });
    const pages = this.links.files();
    // Resumed at the first failure that ends all of it, when every worker has come to rest.
    let failure: { error: unknown } | undefined;
    const worker = async (): Promise<void> => {
      for (;;) {
        const next = await pages.next();
        if (next.done === true || failure) return;
        await this.take(next.value);
      }
    };
    await Promise.all(Array.from({ length: this.wish.parallel }, () => worker().catch((error: unknown) => {
      failure ??= { error };
      ending.abort(error);
    })));
    if (failure) throw failure.error;
    // Files that came in the meantime are in newer manifests.
    if (this.files.some(({ verified }) => !verified)) await this.verifyAgain();
    const found = new Set([...this.files.map(({ key }) => key), ...this.places.values()]);
    for (const { key = '' } of listed) if (!found.has(key)) this.problems.push(`${shownKey(key)} is in the manifest, and the operator does not name it: it may have been removed from the bucket`);
    this.files.sort((a, b) => (a.key < b.key ? -1 : 1));
    return { runID: this.runID, directory: this.folder.path, files: this.files, problems: this.problems, account: accountOf(this.record) };
  }

  private async readManifests(): Promise<void> {
    const keys = this.links.manifests();
    this.record = await fetchManifests(this.folder, keys, this.runID, { ...this.parts, url: (key, refused) => this.url(key, refused) }).catch((error: unknown) => { throw this.explained(error); });
    const targets = new Set(this.record.spools.flatMap((spool) => spool.targets.map(({ name }) => name)).concat([...this.record.files.values()].map(({ target }) => target)));
    for (const wished of this.wish.targets) {
      if (![...targets].some((target) => isWanted(target, [wished]))) throw new Failure(`--target "${wished}": run ${this.runID} has no such target; it has ${[...targets].sort().slice(0, 20).map(shownKey).join(', ') || 'none'}`);
    }
  }

  /** Throws what ends the whole download. */
  private async take(file: PageFile): Promise<void> {
    const place = placeOfFile(file.key, this.runID);
    if (!place) return void this.problems.push(`"${shownKey(file.key)}" can be no file of run ${this.runID}, and is not written`);
    if (!isWanted(place.folder, this.wish.targets)) return;
    // File systems of laptops take two names that differ in their case for one.
    const path = this.folder.pathOf(place);
    const other = this.places.get(path.toLowerCase());
    if (other !== undefined) return void this.problems.push(`"${shownKey(file.key)}" would stand in the place of "${shownKey(other)}", and is not written`);
    this.places.set(path.toLowerCase(), file.key);
    const entry = this.entryOf(file.key);
    const expected: Expected = entry ?? file;
    try {
      const fetched = await fetchVerified(this.folder, place, expected, { ...this.parts, url: (refused) => this.url(file.key, refused), onBytes: (count) => this.watcher.bytes(count) }, this.wish);
      this.files.push({ ...fetched, key: file.key, target: place.folder, verified: entry !== undefined });
      this.watcher.file();
    } catch (error) {
      const { signal } = this.parts;
      if (signal.aborted) throw signal.reason;
      if (endsAll(error)) throw this.explained(error);
      this.problems.push((this.explained(error) as Error).message);
    }
  }

  /** undefined where the manifest that was read does not have the file as uploaded. */
  private entryOf(key: string): Expected | undefined {
    const entry = this.record.files.get(key);
    return entry?.state === 'uploaded' && entry.sha256 !== undefined ? { size: entry.size, sha256: entry.sha256.toLowerCase() } : undefined;
  }

  private async verifyAgain(): Promise<void> {
    await this.links.refresh();
    await this.readManifests();
    for (const [index, file] of this.files.entries()) {
      if (file.verified) continue;
      const entry = this.entryOf(file.key);
      if (entry && isAsExpected(file, entry)) this.files[index] = { ...file, verified: true };
      else if (entry) this.problems.push(`${file.path} is not what the manifest says: sha256 ${file.sha256} (${file.size} bytes) in the place of ${entry.sha256} (${entry.size} bytes)`);
      else this.watcher.warn(`${file.path} is in no manifest yet: its hash is that which the operator names`);
    }
  }

  private async url(key: string, refused?: string): Promise<string | undefined> {
    return refused === undefined ? this.links.url(key) : this.links.renew(key, refused);
  }

  private explained(error: unknown): unknown {
    if (!(error instanceof StoreError)) return error;
    if (error.kind === 'unreachable') return new Failure(`the bucket cannot be reached from here: ${error.message}; where that address is the cluster's own, spec.s3.externalEndpoint of the ClusterCaptureDestination has to name the one that is reached from outside (and HTTPS_PROXY is ${usesProxies() ? 'used where it is set' : `not used by Node ${process.versions.node}: the single executable uses it`})`);
    return new Failure(error.kind === 'refused' ? `${error.message}: it refuses URLs that were made just now; the keys of the ClusterCaptureDestination may not read, or the store's clock is wrong` : error.message);
  }
}

/** A store that is not there, a disk that is full: of each further file the same would be said. */
const endsAll = (error: unknown): boolean => (error instanceof StoreError ? error.kind === 'unreachable' || error.kind === 'final' || error.kind === 'refused' : error instanceof Failure && error.cause !== undefined);

/** https://nodejs.org/api/http.html#built-in-proxy-support */
function usesProxies(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 5);
}
