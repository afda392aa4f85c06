// Targets that ended, where pods come and go for months: the newest stay at hand, the others move into segments of the manifest.
import { emptyLedger } from '../protocol/ledger.js';
import type { JobConfig } from '../protocol/job-config.js';
import type { Captures } from './captures.js';
import { targetEntry } from './manifest/build.js';
import type { ManifestPublisher } from './manifest/publish.js';
import { settledTargets } from './spool/seal-targets.js';
import type { Spool } from './spool/spool.js';

/** Entries of a segment. */
const SEGMENT_TARGETS = 100;
/** Of those that ended, and of those that failed, so that their words are still at hand. */
const KEPT = 100;

export class EndedTargets {
  constructor(
    private readonly job: JobConfig,
    private readonly spool: Spool,
    private readonly captures: Pick<Captures, 'isOver' | 'forget' | 'ledgers'>,
    private readonly publisher: ManifestPublisher,
  ) {}

  /** Moves the oldest that are settled, and that control lists no more, once there are enough of them. */
  seal(isAskedFor: (name: string) => boolean): void {
    if (Object.keys(this.spool.state.targets).length < KEPT + SEGMENT_TARGETS) return;
    const settled = settledTargets(this.spool.state).filter(({ name }) => !isAskedFor(name) && this.captures.isOver(name));
    const [failed, ended] = [settled.filter(({ failure }) => failure), settled.filter(({ failure }) => !failure)];
    for (const targets of [failed, ended]) {
      if (targets.length < KEPT + SEGMENT_TARGETS) continue;
      const gone = targets.slice(0, SEGMENT_TARGETS).filter(({ name }) => this.spool.isRidOf(name));
      const { targets: ledgers } = this.captures.ledgers();
      const entries = gone.map((target) => targetEntry(this.job, target, ledgers.get(target.name) ?? emptyLedger(), undefined, false));
      if (entries.length > 0 && this.publisher.sealTargets(entries)) this.captures.forget(gone.map(({ name }) => name));
    }
  }
}
