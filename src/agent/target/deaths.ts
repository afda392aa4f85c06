// How often tcpdump ended by itself without progress, and what follows: another start after a while, or the end of its target.
import { TARGET_REASON } from '../../api/reasons.js';
import { PermanentProblem } from '../preparation.js';

const FIRST_MS = 200;
const LONGEST_MS = 5000;
/** Deaths in a row without progress after which a target fails. */
const MAX_DEATHS = 5;

export class Deaths {
  /** In a row. */
  count = 0;

  /** Milliseconds to wait before the next start; throws a PermanentProblem with tcpdump's last words where there is to be none. */
  add(words: string, madeProgress: boolean): number {
    this.count = madeProgress ? 1 : this.count + 1;
    if (this.count >= MAX_DEATHS) throw new PermanentProblem(TARGET_REASON.tcpdumpFailed, `tcpdump ended ${this.count} times in a row: ${words}`);
    return Math.min(LONGEST_MS, FIRST_MS * 2 ** (this.count - 1));
  }
}
