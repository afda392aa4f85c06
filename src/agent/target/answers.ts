// Whether a tcpdump still answers: one that somebody stopped is woken, one that hangs is given up.

/** It may have been stopped by somebody. */
const SILENT_MS = 3000;
/** So long, it hangs: another one is started in its place. Before it listens it has more time: a busy node starts it slowly. */
const HUNG_MS = 8000;
const HUNG_AT_START_MS = 30_000;

export class Answers {
  private wasWoken = false;

  /** What to do about one that has owed an answer, or its first word, for so long. It is woken once for each silence. */
  after(silentMs: number, hasListened: boolean): 'wait' | 'wake' | 'give up' {
    if (silentMs >= (hasListened ? HUNG_MS : HUNG_AT_START_MS)) return 'give up';
    if (silentMs === 0) this.wasWoken = false;
    if (!hasListened || silentMs < SILENT_MS || this.wasWoken) return 'wait';
    this.wasWoken = true;
    return 'wake';
  }
}
