// Whether the netns that a pod was found in is still the pod's: its sandbox may be made again under the same UID, with other IPs too.
import type { ControlTarget } from '../../protocol/control.js';
import type { Clock } from '../clock.js';
import type { Former } from './choose.js';
import type { LocatedNetns, NotFound } from './locate.js';
import { netnsInode } from './processes.js';

/** A look at all of /proc is dear: not sooner than this after another, and rarer while it finds nothing. */
const SCAN_FIRST_MS = 3000;
const SCAN_LONGEST_MS = 10_000;

export interface NetnsWatchDependencies {
  locate: (target: ControlTarget, former: Former) => Promise<LocatedNetns | NotFound>;
  clock: Clock;
  /** Clock ticks since boot, as /proc/PID/stat counts them. */
  ticks: () => number;
}

export class NetnsWatch {
  /** When a process of the pod was last seen in it, ms since the epoch. */
  seenMs: number;
  private pid: number;
  /** The IPs that it was found by. */
  private podIPs: string;
  private seenTicks: number;
  private nextScanMs = -Infinity;
  private delayMs = SCAN_FIRST_MS;

  constructor(
    private readonly netns: LocatedNetns,
    private readonly deps: NetnsWatchDependencies,
  ) {
    this.pid = netns.pid;
    this.podIPs = netns.podIPs.join();
    this.seenTicks = deps.ticks();
    this.seenMs = deps.clock.now();
  }

  /** The pod's netns where that is another one by now. Cheap, unless there is a reason to doubt. */
  async look(target: ControlTarget): Promise<LocatedNetns | undefined> {
    const { clock, locate, ticks } = this.deps;
    const podIPs = target.podIPs.join();
    const [nowMs, nowTicks] = [clock.now(), ticks()];
    if ((await netnsInode(this.pid).catch(() => undefined)) === this.netns.inode) {
      // Only the process that it was found by first tells how old a successor must be: others may outlive the sandbox.
      if (this.pid === this.netns.pid) this.seenTicks = nowTicks;
      if (podIPs === this.podIPs) {
        this.seenMs = nowMs;
        return undefined;
      }
    }

    if (clock.monotonic() < this.nextScanMs) return undefined;
    // New IPs tell a new sandbox by themselves: the former one may still be ending.
    const seenTicks = podIPs === this.podIPs ? this.seenTicks : this.netns.startTicks;
    const found = await locate(target, { inode: this.netns.inode, seenTicks });
    this.nextScanMs = clock.monotonic() + this.delayMs;
    this.delayMs = Math.min(SCAN_LONGEST_MS, this.delayMs * 1.5);
    if ('message' in found) return undefined;
    this.delayMs = SCAN_FIRST_MS;
    if (found.inode !== this.netns.inode) return found;
    await found.handle.close();
    [this.pid, this.podIPs, this.seenMs] = [found.pid, podIPs, nowMs];
    return undefined;
  }
}
