// All streams of an agent read in turns, through one buffer: the disk and the memory are the capture's first.
import { newScanBuffer } from '../../pcap/scanner.js';

export class Turns {
  /** Of whoever's turn it is. */
  readonly buffer = newScanBuffer();
  private last: Promise<unknown> = Promise.resolve();

  take<T>(step: () => Promise<T>): Promise<T> {
    const turn = this.last.then(step);
    this.last = turn.catch(() => undefined);
    return turn;
  }
}
