// Whose turn it is to be told of, where a report has no room for all targets: what changed first, then who has waited longest.
import type { ReportedTarget } from '../../protocol/report.js';

interface Told {
  words: string;
  state: string;
  /** Number of the report that told it. */
  number: number;
}

export class TargetTurns {
  private readonly told = new Map<string, Told>();

  /** Whether anything of any target is not told yet. */
  isBehind(targets: ReportedTarget[]): boolean {
    return targets.some((target) => this.told.get(target.name)?.words !== wordsOf(target));
  }

  inTurn(targets: ReportedTarget[]): ReportedTarget[] {
    const ranked = targets.map((target) => ({ target, rank: this.rank(target), told: this.told.get(target.name)?.number ?? -1 }));
    return ranked.sort((a, b) => a.rank - b.rank || a.told - b.told).map(({ target }) => target);
  }

  /** What a reader acts on comes before what only grows; of an end in order there is the least to say. */
  private rank(target: ReportedTarget): number {
    const told = this.told.get(target.name);
    if (told?.state !== stateOf(target)) return target.state === 'Ended' ? 1 : 0;
    return told.words === wordsOf(target) ? 3 : 2;
  }

  /** Of who is told of no more nothing is remembered. */
  forgetAllBut(names: ReadonlySet<string>): void {
    for (const name of this.told.keys()) if (!names.has(name)) this.told.delete(name);
  }

  tell(targets: ReportedTarget[], number: number): void {
    for (const target of targets) this.told.set(target.name, { words: wordsOf(target), state: stateOf(target), number });
  }
}

const wordsOf = (target: ReportedTarget): string => JSON.stringify(target);
const stateOf = ({ state, reason, stopReason }: ReportedTarget): string => [state, reason, stopReason].join();
