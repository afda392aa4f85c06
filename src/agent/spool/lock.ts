// One agent at a time works on a spool, and only when no tcpdump of an earlier one writes there: a lock that tcpdump holds too.
import { constants } from 'node:fs';
import { lstat, readFile, readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { openRegular } from '../../storage/regular-file.js';
import type { RunChild } from '../../tcpdump/child.js';
import { pause, type Clock } from '../clock.js';

export const LOCK_FILE = 'lock';
const RETRY_MS = 200;
/** The kernel sends tcpdump a SIGINT when its agent dies; one that is stopped, or does not heed it, is helped after this long. */
const ORPHAN_GRACE_MS = 2000;
const ORPHAN_KILL_MS = 5000;

export interface SpoolLock {
  /** Given to every tcpdump, which so holds the lock as long as it lives. */
  readonly handle: FileHandle;
}

/**
 * Waits until nobody else holds the folder's lock; undefined once `signal` is aborted. A flock(2) belongs to the open file, which `flock`
 * inherits from here, so the lock stays when `flock` ends, and goes with the last process that has the file open.
 */
export async function lockSpool(folder: string, run: RunChild, clock: Clock, signal: AbortSignal, onWait: (holders: number[]) => void): Promise<SpoolLock | undefined> {
  const handle = await openLock(join(folder, LOCK_FILE));
  const since = clock.monotonic();
  let told = false;
  while (!signal.aborted) {
    if (await tryLock(handle, run)) return { handle };
    const waitedMs = clock.monotonic() - since;
    if (waitedMs > ORPHAN_GRACE_MS) {
      const holders = await holdersOf(handle);
      if (!told) onWait(holders.map(({ pid }) => pid));
      told = true;
      endOrphans(holders, waitedMs > ORPHAN_KILL_MS ? 'SIGKILL' : 'SIGINT');
    }
    await pause(RETRY_MS, signal);
  }
  await handle.close();
  return undefined;
}

/** What is no file in its place is nobody's lock. */
async function openLock(path: string): Promise<FileHandle> {
  if (await lstat(path).then((entry) => !entry.isFile(), () => false)) await rm(path, { recursive: true, force: true });
  return openRegular(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND);
}

/** False where somebody else holds it. */
export async function tryLock(handle: FileHandle, run: RunChild): Promise<boolean> {
  const { code } = await run(['flock', '--nonblock', '--exclusive', '3'], { descriptors: [handle.fd], timeoutMs: 10_000 });
  return code === 0;
}

interface Holder {
  pid: number;
  name: string;
}

/** Processes that have the lock's file open. By device and inode: another container sees it under another path. */
async function holdersOf(handle: FileHandle): Promise<Holder[]> {
  const wanted = await handle.stat();
  const found: Holder[] = [];
  for (const entry of await readdir('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const fd of descriptors) {
      // Only of what is locked the file itself is asked: a file system of a pod, or one that hangs, would never answer.
      if (!(await readFile(`/proc/${pid}/fdinfo/${fd}`, 'latin1').catch(() => '')).includes('FLOCK')) continue;
      const there = await stat(`/proc/${pid}/fd/${fd}`).catch(() => undefined);
      if (there?.ino !== wanted.ino || there.dev !== wanted.dev) continue;
      found.push({ pid, name: (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim() });
      break;
    }
  }
  return found;
}

/** Where only tcpdumps hold the lock their agent is dead. Another agent is waited for: it ends by its own rules. */
function endOrphans(holders: Holder[], signal: 'SIGINT' | 'SIGKILL'): void {
  if (!holders.every(({ name }) => name === 'tcpdump')) return;
  for (const { pid } of holders) {
    try {
      process.kill(pid, signal);
      process.kill(pid, 'SIGCONT');
    } catch {
      // Gone meanwhile.
    }
  }
}
