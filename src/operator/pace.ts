// How soon a capture is looked at again where there are many: what agents say comes by asking, and all of them share so many looks a second.
import { hasWrites } from '../plan/children.js';
import type { Plan } from '../plan/plan.js';

/** Each reads a record and a log, and mostly writes a status. Fifty captures are looked at every second, as few are; two thousand every 40 s. */
const LOOKS_PER_SECOND = 50;

export class Pace {
  /** Of captures that are looked at again, since when nothing but numbers has changed, ms. */
  private readonly quiet = new Map<string, { phase: string | undefined; sinceMs: number }>();

  constructor(private readonly now: () => number) {}

  /** ms until the next look, where the capture alone would have it after `wantedMs`. One that has just turned is not kept waiting: it begins with the others' share only as time goes by. */
  next(uid: string, plan: Pick<Plan, 'status' | 'children'>, wantedMs: number | undefined): number | undefined {
    if (wantedMs === undefined) {
      this.quiet.delete(uid);
      return undefined;
    }
    const phase = plan.status?.phase;
    const before = this.quiet.get(uid);
    const hasTurned = before === undefined || before.phase !== phase || hasWrites(plan.children);
    const { sinceMs } = hasTurned ? { sinceMs: this.now() } : before;
    this.quiet.set(uid, { phase, sinceMs });
    const shareMs = (this.quiet.size * 1000) / LOOKS_PER_SECOND;
    return Math.max(wantedMs, Math.min(shareMs, this.now() - sinceMs));
  }
}
