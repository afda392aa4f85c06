// The network namespaces of pods' processes: one pass over /proc for all who ask.
import { readFileSync } from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { podUIDOf } from './cgroup.js';

export interface NetnsGroup {
  inode: bigint;
  pid: number;
  startTicks: number;
}

/** At most so many namespaces are looked into: a pod can make thousands. The oldest come first. */
const MAX_GROUPS = 16;
/** What was seen ahead of a question is an answer for so long. */
const FRESH_MS = 500;

export const netnsInode = async (pid: number | 'self'): Promise<bigint> => (await stat(`/proc/${pid}/ns/net`, { bigint: true })).ino;

/**
 * The node's own netns: that of PID 1, or, where a hardened node hides it, that of the first kernel thread. undefined: cannot be told.
 */
export async function nodeNetnsInode(): Promise<bigint | undefined> {
  const ofInit = await netnsInode(1).catch(() => undefined);
  if (ofInit !== undefined) return ofInit;
  const isKernelThread = (await readFile('/proc/2/comm', 'utf8').catch(() => '')) === 'kthreadd\n';
  return isKernelThread ? netnsInode(2).catch(() => undefined) : undefined;
}

/** The processes of this node's pods. A pass over /proc is dear on a node with thousands of them: all who ask meanwhile share the next one. */
export class PodProcesses {
  private early: { byPod: Promise<Map<string, number[]>>; sinceMs: number } | undefined;
  private running: Promise<unknown> = Promise.resolve();
  private next: Promise<Map<string, number[]>> | undefined;

  /** `monotonic`: ms. */
  constructor(private readonly monotonic: () => number = () => performance.now()) {}

  /** The namespaces that processes of a pod are in, each by its oldest process, oldest first; those only that may be its own. */
  async groups(podUID: string, mayBe: (group: NetnsGroup) => boolean = () => true): Promise<NetnsGroup[]> {
    const groups = new Map<bigint, NetnsGroup>();
    const uid = podUID.replaceAll('_', '-');
    for (const pid of (await this.foundEarly(uid)) ?? (await this.byPod()).get(uid) ?? []) {
      const group = await groupOf(pid).catch(() => undefined);
      if (!group) continue;
      const known = groups.get(group.inode);
      if (!known || group.startTicks < known.startTicks || (group.startTicks === known.startTicks && group.pid < known.pid)) groups.set(group.inode, group);
    }
    return [...groups.values()].filter(mayBe).sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid).slice(0, MAX_GROUPS);
  }

  /** Makes a pass for those who will ask in a moment. */
  lookAhead(): void {
    const byPod = this.byPod();
    byPod.catch(() => undefined);
    this.early = { byPod, sinceMs: this.monotonic() };
  }

  /** What a pass ahead of the question found of a pod: of use once, and while it is fresh. */
  private async foundEarly(uid: string): Promise<number[] | undefined> {
    if (!this.early || this.monotonic() - this.early.sinceMs > FRESH_MS) return undefined;
    const byPod = await this.early.byPod.catch(() => undefined);
    const found = byPod?.get(uid);
    byPod?.delete(uid);
    return found;
  }

  /** As of a pass that begins after the question: one that is under way may have missed what is asked for. */
  private byPod(): Promise<Map<string, number[]>> {
    this.next ??= this.running.then(() => {
      this.next = undefined;
      const pass = pidsByPod();
      this.running = pass.catch(() => undefined);
      return pass;
    });
    return this.next;
  }
}

/** Processes that are read in one go; then others have their turn. Each by itself through the thread pool takes ten times as long. */
const AT_ONCE = 100;

async function pidsByPod(): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>();
  const pids = (await readdir('/proc')).map(Number).filter((pid) => Number.isInteger(pid));
  for (const [n, pid] of pids.entries()) {
    if (n % AT_ONCE === AT_ONCE - 1) await setImmediate();
    const uid = podUIDOf(cgroupOf(pid));
    const pids = uid !== undefined && found.get(uid);
    if (pids) pids.push(pid);
    else if (uid !== undefined) found.set(uid, [pid]);
  }
  return found;
}

/** Empty where the process is gone by now. The kernel makes it of what it has in memory: no disk is waited for. */
function cgroupOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  } catch {
    return '';
  }
}

/** Whether a group's process still is the one that was found, and the pod's: its id may have gone to a process of another pod meanwhile. */
export async function isStillOf(podUID: string, { pid, startTicks: ticks }: NetnsGroup): Promise<boolean> {
  const [cgroup, stat] = await Promise.all(['cgroup', 'stat'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')));
  return podUIDOf(cgroup ?? '') === podUID.replaceAll('_', '-') && startTicks(stat ?? '') === ticks;
}

/** Rejects where the process is gone by now. */
const groupOf = async (pid: number): Promise<NetnsGroup> => ({ pid, inode: await netnsInode(pid), startTicks: startTicks(await readFile(`/proc/${pid}/stat`, 'utf8')) });

/** Field 22 of /proc/PID/stat; the second field is a name that may hold anything (proc(5)). */
export function startTicks(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}
