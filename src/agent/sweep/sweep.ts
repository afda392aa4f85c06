// Removes the spools on a node that nobody works on and that are older than files are kept. Follows no link.
import { constants } from 'node:fs';
import { lstat, open, readdir, readFile, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { SWEEP_TAG, type SweepConfig, type SweepResult } from '../../protocol/sweep.js';
import type { RunChild } from '../../tcpdump/child.js';
import { replay } from '../spool/journal.js';
import { LOCK_FILE, tryLock } from '../spool/lock.js';

/** The kubelet makes a run's folder before its agent starts: an empty one is left over only after longer than any start takes. */
const EMPTY_AGE_MS = 3_600_000;
const MAX_ERRORS = 5;

export interface SweepLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

interface Contents {
  files: number;
  bytes: number;
  /** Of the newest file, or of the folder where it holds none. */
  changedMs: number;
}

export async function sweep(root: string, config: SweepConfig, run: RunChild, now: number, log: SweepLog): Promise<SweepResult> {
  const result: SweepResult = { report: SWEEP_TAG, version: 1, removed: { spools: 0, files: 0, packets: 0, bytes: 0 }, kept: 0, young: 0, errors: [] };
  for (const name of (await readdir(root)).sort()) {
    const folder = join(root, name);
    if (!(await lstat(folder)).isDirectory()) continue;
    if (config.keep.includes(name) || config.keepPrefixes.some((prefix) => name.startsWith(prefix))) {
      result.kept += 1;
      continue;
    }
    try {
      await sweepSpool(folder, config, run, now, result);
      log.info({ spool: name, ...result }, 'looked at');
    } catch (error) {
      log.warn({ spool: name, error: String(error) }, 'spool not swept');
      if (result.errors.length < MAX_ERRORS) result.errors.push(`${name}: ${(error as Error).message}`);
    }
  }
  return result;
}

async function sweepSpool(folder: string, config: SweepConfig, run: RunChild, now: number, result: SweepResult): Promise<void> {
  const contents = await contentsOf(folder);
  const ageMs = contents.files === 0 ? Math.min(EMPTY_AGE_MS, config.retentionSeconds * 1000) : config.retentionSeconds * 1000;
  const leftMs = contents.changedMs + ageMs - now;
  if (leftMs > 0) {
    result.young += 1;
    result.dueInSeconds = Math.min(result.dueInSeconds ?? Infinity, Math.ceil(leftMs / 1000));
    return;
  }
  const lock = await lockOf(folder);
  try {
    if (lock && !(await tryLock(lock, run))) {
      result.kept += 1;
      return;
    }
    const packets = await pendingPackets(folder);
    // Links in it are removed as links.
    await rm(folder, { recursive: true });
    const { removed } = result;
    result.removed = { spools: removed.spools + 1, files: removed.files + contents.files, packets: removed.packets + packets, bytes: removed.bytes + contents.bytes };
  } finally {
    await lock?.close();
  }
}

/** Undefined where no agent ever worked in the folder. A lock that is a link is nobody's lock: that spool is left alone. */
async function lockOf(folder: string): Promise<FileHandle | undefined> {
  try {
    return await open(join(folder, LOCK_FILE), constants.O_RDWR | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function contentsOf(folder: string): Promise<Contents> {
  const contents: Contents = { files: 0, bytes: 0, changedMs: 0 };
  const visit = async (path: string): Promise<void> => {
    for (const entry of await readdir(path, { withFileTypes: true })) {
      const child = join(path, entry.name);
      if (entry.isDirectory()) {
        await visit(child);
        continue;
      }
      const { size, mtimeMs } = await lstat(child);
      contents.files += 1;
      contents.bytes += size;
      contents.changedMs = Math.max(contents.changedMs, mtimeMs);
    }
  };
  await visit(folder);
  if (contents.files === 0) contents.changedMs = (await lstat(folder)).mtimeMs;
  return contents;
}

/** As the journal tells; a file that it does not know yet is counted as a file alone. */
async function pendingPackets(folder: string): Promise<number> {
  const path = join(folder, 'journal');
  const entry = await lstat(path).catch(() => undefined);
  if (!entry?.isFile()) return 0;
  const { state } = replay(await readFile(path), { warn: () => undefined });
  return Object.values(state.pending).reduce((sum, { packets }) => sum + packets, 0);
}
