// What ends the showing of packets: the reader who goes, the user's wish, the capture's end, or a session that is somebody else's now.
import { ClosedPipe, type Io } from '../io.js';
import type { Outcome } from '../observe/outcome.js';
import type { PacketSink } from './packet-sink.js';

export type End = { how: 'closed' | 'interrupted' | 'taken' | 'gone' | 'forbidden' } | { how: 'finished'; outcome: Outcome };

/** The first that comes counts. */
export class Ending {
  readonly #controller = new AbortController();
  #end: End | undefined;

  constructor(
    private readonly io: Io,
    private readonly sink: PacketSink,
  ) {
    for (const [signal, heard] of this.#heard()) {
      signal.addEventListener('abort', heard);
      if (signal.aborted) heard();
    }
  }

  /** Aborted at the end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  readonly come = (end: End): void => {
    this.#end ??= end;
    this.#controller.abort();
  };

  /** Nothing is listened to any more. */
  done(): End {
    for (const [signal, heard] of this.#heard()) signal.removeEventListener('abort', heard);
    this.come({ how: 'interrupted' });
    return this.#end ?? { how: 'interrupted' };
  }

  readonly #closed = (): void => this.come({ how: 'closed' });
  readonly #ended = (): void => this.come({ how: this.io.signal.reason instanceof ClosedPipe ? 'closed' : 'interrupted' });
  #heard(): [AbortSignal, () => void][] {
    return [
      [this.sink.closed, this.#closed],
      [this.io.signal, this.#ended],
    ];
  }
}
