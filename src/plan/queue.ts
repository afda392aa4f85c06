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

/** What each of the queue waits for, by its id; undefined where it may go. Nobody passes one that waits longer for the same. */
export function walk(requests: Iterable<Request>, house: House): Map<string, Wait | undefined> {
  const kept = new Map<string, number>();
  const queued = new Map<string, number>();
  const add = (counts: Map<string, number>, place: Place): number => {
    const count = (counts.get(placeKey(place)) ?? 0) + 1;
    counts.set(placeKey(place), count);
    return count;
  };
  const waits = new Map<string, Wait | undefined>();
  for (const request of [...requests].sort(inOrder)) {
    const full = request.needs.flatMap((place) => fullness(place, kept.get(placeKey(place)) ?? 0, request.uid, house) ?? []);
    const [first] = full;
    waits.set(request.id, first && { ...first, ...(house.unseen === 0 && { position: add(queued, first.place) }) });
    for (const place of keptFor(request, full, house.now)) add(kept, place);
  }
  return waits;
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
