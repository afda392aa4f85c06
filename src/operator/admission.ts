// Lets runs begin while there is room: holds what was decided until the records' cache knows it, keeps the queue, and wakes who may go.
import type { ReadonlyStore } from '../kube/store.js';
import { BY_CAPTURE, BY_PLACE, type RecordEssence } from './caches.js';
import { holdingsOf, knows, placeKey, taken, together, type Holdings, type Place } from '../plan/places.js';
import { walk, type House, type Request, type Wait } from '../plan/queue.js';
import type { RunRecord } from '../plan/record.js';

export interface AdmissionParts {
  records: ReadonlyStore<RecordEssence>;
  limits: House['limits'];
  /** Has a capture looked at again. */
  wake: (uid: string) => void;
  now: () => number;
}

/**
 * Between an answer and `settle` nothing may be awaited: then no two captures are given the same place, however many workers there are.
 */
export class Admission {
  /** Of captures whose newest record the cache does not know yet, or that could not be written and is decided anew. */
  private readonly decided = new Map<string, Holdings>();
  private readonly queue = new Map<string, Request>();
  /** What captures that are being decided about were refused. */
  private readonly refused = new Map<string, Request[]>();
  private readonly unseen = new Set<string>();

  constructor(private readonly parts: AdmissionParts) {}

  /** Before anything is decided: the captures that there are, any of which may wait already, and the records as they are, which the cache may lag behind. */
  begin(uids: Iterable<string>, records: RecordEssence[]): void {
    for (const uid of uids) this.unseen.add(uid);
    for (const { metadata, holdings } of records) {
      if (!holdings || this.isKnown(metadata.name, holdings)) continue;
      this.decided.set(metadata.name, holdings);
      this.parts.wake(metadata.name);
    }
  }

  /** What a request waits for; undefined where there is room for it. */
  ask(asked: Omit<Request, 'joinedMs'>): Wait | undefined {
    const request = { ...asked, joinedMs: this.queue.get(asked.id)?.joinedMs ?? this.parts.now() };
    const others = [...this.queue.values()].filter(({ id }) => id !== request.id);
    const wait = walk([...others, request], this.house(request.uid)).get(request.id);
    if (wait) this.refused.set(request.uid, [...(this.refused.get(request.uid) ?? []), request]);
    return wait;
  }

  /** It was decided about a capture: its record is to be this one, and it waits for what it was refused. */
  settle(uid: string, record: RunRecord | undefined): void {
    const waits = this.refused.get(uid) ?? [];
    const holdings = record && holdingsOf(record);
    const gaveUp = this.forget(uid, waits) || (this.decided.delete(uid) && !holdings);
    if (holdings && !this.isKnown(uid, holdings)) this.decided.set(uid, holdings);
    for (const request of waits) this.queue.set(request.id, request);
    if (gaveUp) this.wakeThoseWhoMayGo();
  }

  /** It could not be decided about a capture: it holds nobody up until it can be. */
  leave(uid: string): void {
    if (this.forget(uid, [])) this.wakeThoseWhoMayGo();
  }

  /** A record is there, is another or is gone. */
  recordChanged({ metadata, holdings }: RecordEssence): void {
    const decided = this.decided.get(metadata.name);
    if (decided && holdings && knows(holdings, decided)) this.decided.delete(metadata.name);
    this.wakeThoseWhoMayGo();
  }

  /** Whether that may let others go. */
  private forget(uid: string, waits: Request[]): boolean {
    const left = [...this.queue.values()].filter((request) => request.uid === uid && !waits.some(({ id }) => id === request.id));
    for (const { id } of left) this.queue.delete(id);
    this.refused.delete(uid);
    const wasLast = this.unseen.delete(uid) && this.unseen.size === 0;
    return left.length > 0 || wasLast;
  }

  private wakeThoseWhoMayGo(): void {
    if (this.queue.size === 0) return;
    const waits = walk(this.queue.values(), this.house());
    for (const { id, uid } of this.queue.values()) if (waits.get(id) === undefined) this.parts.wake(uid);
  }

  private house(asking?: string): House {
    const { limits, now } = this.parts;
    const counts = new Map<string, number>();
    const all = (place: Place): number => {
      const key = placeKey(place);
      const count = counts.get(key) ?? this.count(place);
      counts.set(key, count);
      return count;
    };
    return {
      now: now(),
      limits,
      taken: (place, uid) => all(place) - (place.kind === 'namespace' ? this.own(place, uid) : 0),
      unseen: this.unseen.size - (asking !== undefined && this.unseen.has(asking) ? 1 : 0),
    };
  }

  private count(place: Place): number {
    const byCache = this.parts.records.byIndex(BY_PLACE, placeKey(place)).filter(({ metadata }) => !this.decided.has(metadata.name));
    const cached = byCache.reduce((sum, { holdings }) => sum + (holdings ? taken(holdings, place) : 0), 0);
    return [...this.decided.keys()].reduce((sum, uid) => sum + this.own(place, uid), cached);
  }

  private own(place: Place, uid: string): number {
    const cached = this.cached(uid);
    const decided = this.decided.get(uid);
    const holdings = cached && decided ? together(cached, decided) : (decided ?? cached);
    return holdings ? taken(holdings, place) : 0;
  }

  private isKnown(uid: string, holdings: Holdings): boolean {
    const cached = this.cached(uid);
    return cached !== undefined && knows(cached, holdings);
  }

  private cached(uid: string): Holdings | undefined {
    return this.parts.records.byIndex(BY_CAPTURE, uid)[0]?.holdings;
  }
}
