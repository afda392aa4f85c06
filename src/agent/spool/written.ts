// Whether all that a tcpdump counted is in its files: on a full disk libpcap gives a file up for good, without a word.

export interface Count {
  /** Packets that tcpdump says it captured. */
  counted: number;
  /** When it said so. */
  countedUs: number;
  /** Packets in its files, looked at after that: each is written (-U) before it can be counted in an answer. */
  inFiles: number;
  /** Latest packet in its files. */
  lastUs: number;
}

export class WrittenCheck {
  /** Up to here every packet that was captured is in the files. One count older than the newest, whose packets may hide what is missing. */
  writtenUs: number | undefined;
  private newestUs: number | undefined;
  private last: Pick<Count, 'counted' | 'countedUs'> | undefined;
  isShort = false;

  check({ counted, countedUs, inFiles, lastUs }: Count): void {
    // Short of a count that an earlier look knew already: what was on its way to the file then is there by now.
    this.isShort = this.last !== undefined && inFiles < this.last.counted;
    if (inFiles >= counted && this.last?.countedUs !== countedUs) {
      this.writtenUs = this.newestUs;
      this.newestUs = Math.min(countedUs, lastUs);
    }
    this.last = { counted, countedUs };
  }
}
