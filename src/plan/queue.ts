// The queue of those that wait for a place: who goes first, who may go now, and what each reads meanwhile.
import type { CaptureObject } from './objects.js';
import { placeKey, type Place } from './places.js';
import type { RunRecord } from './record.js';
import { STOP_REASON } from '../api/reasons.js';
import { waiting, type Obstacle } from './waiting.js';

/** Asks for places, all of them or none. */
export interface Request {
  id: string;
  /** UID of the capture. */
  uid: string;
  /** Whoever waits longer goes first, ms. */
  since: number;
  /** Of those that wait equally long, the first by name does. */
  name: string;
  /** The namespace first. */
  needs: Place[];
  /** When it joined the queue, ms. */
  joinedMs: number;
}

export interface House {
  now: number;
  limits: Record<Place['kind'], number>;
  /** How many of a place others have, and on a node this capture too: an edit of it takes over its place in the namespace. */
  taken: (place: Place, uid: string) => number;
  /** Captures that were not looked at yet: each may wait longer than any that was. */
  unseen: number;
}

/** What one of the queue waits for. */
export interface Wait {
  place: Place;
  taken: number;
  limit: number;
  /** From 1; absent while it is not known who else waits. */
  position?: number;
}

/** Who waits so long gets the free places that it needs kept until it has all of them. Before that others use them, so that a full node costs nobody a place elsewhere. */
const PATIENCE_MS = 60_000;

const inOrder = (a: Request, b: Request): number => a.since - b.since || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0) || (a.id < b.id ? -1 : 1);

/** Whether a request asks for nothing new. */
export const same = (a: Request, b: Request): boolean => a.since === b.since && a.joinedMs === b.joinedMs && JSON.stringify(a.needs) === JSON.stringify(b.needs);

/** Along the queue in its order: what each waits for. Nobody passes one that waits longer for the same. */
export class Walk {
  /** By the keys of places: those that go to nobody further back, and how many wait for it. */
  private readonly kept = new Map<string, number>();
  private readonly queued = new Map<string, number>();
  private readonly waits = new Map<string, Wait | undefined>();
  private last: Request | undefined;

  constructor(
    requests: Iterable<Request>,
    readonly house: House,
  ) {
    for (const request of [...requests].sort(inOrder)) this.add(request);
  }

  /** undefined where it may go. */
  waitOf(id: string): Wait | undefined {
    return this.waits.get(id);
  }

  /** Whether all others go before it: then it can be added without another walk. */
  isLast(request: Request): boolean {
    return this.last === undefined || inOrder(this.last, request) < 0;
  }

  /** What it would wait for, at the end of the queue. */
  waitAtEnd(request: Request): Wait | undefined {
    const [first] = this.fullFor(request);
    return first && this.placed(first);
  }

  add(request: Request): void {
    const full = this.fullFor(request);
    const [first] = full;
    this.waits.set(request.id, first && this.placed(first));
    if (first) count(this.queued, first.place);
    for (const place of keptFor(request, full, this.house.now)) count(this.kept, place);
    this.last = request;
  }

  private fullFor({ needs, uid }: Request): Wait[] {
    return needs.flatMap((place) => fullness(place, this.kept.get(placeKey(place)) ?? 0, uid, this.house) ?? []);
  }

  private placed(wait: Wait): Wait {
    return this.house.unseen > 0 ? wait : { ...wait, position: (this.queued.get(placeKey(wait.place)) ?? 0) + 1 };
  }
}

const count = (counts: Map<string, number>, place: Place): unknown => counts.set(placeKey(place), (counts.get(placeKey(place)) ?? 0) + 1);

/** What a request waits for whoever else waits; while some were not looked at yet that is most often all that can be said. */
export function waitAnyway({ needs, uid }: Pick<Request, 'needs' | 'uid'>, house: House): Wait | undefined {
  for (const place of needs) {
    const full = fullness(place, 0, uid, house);
    if (full) return full;
  }
  return undefined;
}

function fullness(place: Place, kept: number, uid: string, { limits, taken, unseen }: House): Wait | undefined {
  const limit = limits[place.kind];
  const used = taken(place, uid);
  return used + kept + unseen < limit ? undefined : { place, taken: used, limit };
}

/** The places that go to nobody after it. Who can't begin in its own namespace keeps nothing from others. */
function keptFor({ needs, joinedMs }: Request, full: Wait[], now: number): Place[] {
  if (full[0]?.place.kind === 'namespace') return [full[0].place];
  return full.length === 0 || now - joinedMs >= PATIENCE_MS ? needs : full.map(({ place }) => place);
}

/**
 * Since when a capture waits for its next run: since it was made, or since its last run ended. An edit takes the place of the run that it ends,
 * once: it counts from that one's start, so that whoever waited before goes first, and whoever came after does not.
 */
export function waitsSince(capture: CaptureObject, record: RunRecord | undefined): number {
  if (!record) return Date.parse(capture.metadata.creationTimestamp ?? '') || 0;
  const { result, stop, startTime } = record.run;
  return Date.parse(result && stop?.reason !== STOP_REASON.superseded ? result.completionTime : startTime);
}

type Asked = Omit<Request, 'joinedMs'>;

/** Of a run that would begin on these nodes. */
export function startRequest(capture: CaptureObject, record: RunRecord | undefined, nodes: string[]): Asked {
  const { uid, namespace, name } = capture.metadata;
  const needs: Place[] = [{ kind: 'namespace', name: namespace }, ...nodes.map((node): Place => ({ kind: 'node', name: node }))];
  return { id: uid, uid, since: waitsSince(capture, record), name: `${namespace}/${name}`, needs };
}

/** Of a run that lasts, and would go to one more node. */
export function followRequest({ capture: { uid, namespace, name }, run }: RunRecord, node: string): Asked {
  return { id: `${uid} ${node}`, uid, since: Date.parse(run.startTime), name: `${namespace}/${name}`, needs: [{ kind: 'node', name: node }] };
}

const FLAG = { namespace: '--max-captures-per-namespace', node: '--max-captures-per-node' };

export function queued({ place: { kind, name }, taken, limit, position }: Wait): Obstacle {
  const of = `the queue of ${kind} "${name}"`;
  if (position === undefined) return waiting('Queued', `in ${of}: the operator has just begun, and finds out who waits longest`);
  const run = `${taken} ${taken === 1 ? 'capture runs' : 'captures run'} there`;
  const most = taken >= limit ? `the most that the operator allows (${FLAG[kind]})` : `and the operator allows ${limit} (${FLAG[kind]}): those before it take the rest`;
  return waiting('Queued', `${ordinal(position)} in ${of}: ${run}, ${most}`);
}

function ordinal(n: number): string {
  const suffix = n % 100 >= 11 && n % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${suffix}`;
}
