// Shows the packets of a capture by its files, each as soon as it is in the bucket: for those who may not reach capture pods.
import { printable, shortened } from '../../api/printable.js';
import { pause } from '../../kube/clock.js';
import { isForbidden } from '../../kube/errors.js';
import type { LiveFrom } from '../../protocol/live.js';
import type { CaptureObject } from '../capture.js';
import { askForPage } from '../download/pages.js';
import { Links } from '../download/links.js';
import { StoreClient } from '../download/store-client.js';
import { createCourse } from '../observe/course.js';
import { followCapture } from '../observe/follow.js';
import { outcomeOf, type Outcome } from '../observe/outcome.js';
import { troubleTeller } from '../observe/trouble.js';
import { podOf } from './capture-stream.js';
import { Ending, type End } from './ending.js';
import { FileOrder, type OrderedFile } from './file-order.js';
import { readFilePackets } from './file-packets.js';
import type { ShowParts } from './show-live.js';

/** Between two looks, at least; the status tells of new files more often only in a run's first minute. */
const LOOK_MS = 3000;
const MOST_TRIES = 3;

export async function showFiles({ session, name, sink, say }: ShowParts, from: LiveFrom): Promise<End> {
  const { io } = session;
  const ending = new Ending(io, sink);
  let seen: CaptureObject | undefined;
  const course = createCourse();
  const following = followCapture(session, name, {
    signal: ending.signal,
    onSeen(capture) {
      seen = capture;
      for (const line of course(capture)) say(line);
    },
    onTrouble: troubleTeller(say),
  }).then((left) => {
    if (left === 'gone') ending.come({ how: 'gone' });
  });
  const looking = new Files({ session, name, sink, say }, ending.signal).show(() => seen, from).then((outcome) => {
    if (outcome) ending.come({ how: 'finished', outcome });
  });
  try {
    await Promise.race([following, looking]);
    await Promise.all([following, looking]);
  } finally {
    ending.done();
  }
  return ending.done();
}

class Files {
  readonly #client: StoreClient;
  readonly #order = new FileOrder();
  /** Of files that broke off: packets that were shown, and tries. */
  readonly #begun = new Map<string, { packets: number; tries: number }>();

  constructor(
    private readonly parts: ShowParts,
    private readonly signal: AbortSignal,
  ) {
    this.#client = new StoreClient({ parallel: 1, env: parts.session.io.env });
  }

  /** Resolves with what the capture came to, once all its files are shown; with undefined where it was ended. */
  async show(capture: () => CaptureObject | undefined, from: LiveFrom): Promise<Outcome | undefined> {
    const { io } = this.parts.session;
    let skips = from === 'now';
    try {
      while (!this.signal.aborted) {
        const now = capture();
        const outcome = now && outcomeOf(now, 'finished');
        if ((now?.status?.files?.uploaded ?? 0) > 0) await this.#look(skips, outcome !== undefined);
        if (now) skips = false;
        if (outcome) return outcome;
        await pause(io.clock, LOOK_MS, this.signal);
      }
      return undefined;
    } catch (error) {
      if (this.signal.aborted) return undefined;
      throw error;
    } finally {
      this.#client.close();
    }
  }

  async #look(skips: boolean, isLast: boolean): Promise<void> {
    const { session, name, say } = this.parts;
    let links: Links;
    const files = [];
    try {
      links = await Links.open((offset) => askForPage(session, { captureName: name, runID: undefined, offset }));
      for await (const file of links.files()) files.push(file);
    } catch (error) {
      if (isForbidden(error) || isLast) throw error;
      // Asked again at the next look.
      return say(`the files cannot be had now (${shortened(printable(error instanceof Error ? error.message : String(error)), 300)}); they are asked for again`);
    }
    const { runID } = links.first;
    if (skips) return this.#order.skip(runID, files);
    for (const file of this.#order.next(runID, files, isLast)) if (!this.signal.aborted) await this.#showFile(file);
  }

  async #showFile(file: OrderedFile): Promise<void> {
    const { sink, say } = this.parts;
    const begun = this.#begun.get(file.key) ?? { packets: 0, tries: 0 };
    this.#begun.set(file.key, begun);
    const pod = podOf(file.target);
    try {
      const isWhole = await readFilePackets(this.#client, file, begun.packets, this.signal, async (packets, source) => {
        begun.packets += packets.length;
        await sink.write(packets.map((packet) => ({ pod, source, packet })));
      });
      this.#begun.delete(file.key);
      if (!isWhole) say(`warning: ${printable(file.key)} is not what the manifest says: its SHA-256 is another`);
    } catch (error) {
      if (this.signal.aborted) return;
      begun.tries += 1;
      const why = shortened(printable(error instanceof Error ? error.message : String(error)), 300);
      if (begun.tries < MOST_TRIES) this.#order.putBack(file);
      else say(`${printable(pod)}: ${printable(file.key)} cannot be shown (${why}); packets are missing here, and kubectl pktcap download has them`);
    }
  }
}
