// Lets a loop wait for its next look, or for whatever happens before.
import { pause } from './clock.js';

export class Wake {
  private abort = new AbortController();

  /** Something changed that the loop wants to see soon. */
  readonly poke = (): void => this.abort.abort();

  /** From here on, whatever happens ends the next wait. */
  arm(): void {
    this.abort = new AbortController();
  }

  wait(ms: number): Promise<void> {
    return pause(ms, this.abort.signal);
  }
}
