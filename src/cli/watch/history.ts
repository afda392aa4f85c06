// What the successive statuses of a capture say of its pace.
import type { CaptureObject } from '../capture.js';

export interface Sample {
  /** When it was seen, ms of a clock that never jumps. */
  at: number;
  packets: number;
  bytes: number;
}

/** By target; of all together under `all`. The oldest first. */
export interface History {
  run: string | undefined;
  all: readonly Sample[];
  targets: Readonly<Record<string, readonly Sample[]>>;
}

export const NO_HISTORY: History = { run: undefined, all: [], targets: {} };

export interface Rate {
  packets: number;
  bytes: number;
}

/** A status comes every 2 s in a run's first minute and every 10 s after it: two of them at least. */
const KEPT_MS = 30_000;
/** Two that came so close together say more of the network than of the capture. */
const LEAST_MS = 1500;
/** After so long without news nothing has come: the operator writes a status where a number has changed. */
const NEWS_MS = 15_000;

export function withSeen(history: History, { status }: CaptureObject, at: number): History {
  const run = status?.run?.id;
  const before = run === history.run ? history : NO_HISTORY;
  const sample = (of: { packets?: { captured?: number | undefined } | undefined; bytes?: { captured?: number | undefined } | undefined }): Sample => ({ at, packets: of.packets?.captured ?? 0, bytes: of.bytes?.captured ?? 0 });
  const targets = (status?.targets ?? []).filter(({ packets }) => packets !== undefined);
  return {
    run,
    all: status?.packets ? withSample(before.all, sample(status)) : before.all,
    targets: Object.fromEntries(targets.map((target) => [target.name, withSample(before.targets[target.name] ?? [], sample(target))])),
  };
}

/** Keeps one that is older than what is looked at, to measure from. */
function withSample(samples: readonly Sample[], sample: Sample): Sample[] {
  const young = samples.filter(({ at }) => sample.at - at <= KEPT_MS);
  const old = samples.slice(0, samples.length - young.length).slice(-1);
  return [...old, ...young, sample];
}

/** Per second; undefined before there are two statuses to tell it from. */
export function rateOf(samples: readonly Sample[], now: number): Rate | undefined {
  const last = samples.at(-1);
  const first = last && samples.findLast(({ at }) => last.at - at >= LEAST_MS);
  if (!first) return undefined;
  if (now - last.at > NEWS_MS) return { packets: 0, bytes: 0 };
  const seconds = (last.at - first.at) / 1000;
  return { packets: Math.max(0, last.packets - first.packets) / seconds, bytes: Math.max(0, last.bytes - first.bytes) / seconds };
}
