// Lets runs begin while there is room: holds what was decided until the records' cache knows it, keeps the queue, and wakes who may go.
import type { ReadonlyStore } from '../kube/store.js';
import { BY_CAPTURE, BY_PLACE, type RecordEssence } from './caches.js';
import { holdingsOf, knows, placeKey, taken, together, type Holdings, type Place } from '../plan/places.js';
import { same, Walk, waitAnyway, type House, type Request, type Wait } from '../plan/queue.js';
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
  /** The ids of a capture's requests in the queue. */
  private readonly idsOf = new Map<string, string[]>();
  private readonly unseen = new Set<string>();
  /** Dropped with every change that may let others go, or hold them up. */
  private walked: Walk | undefined;
  private mayWake = false;

  constructor(private readonly parts: AdmissionParts) {}

  /** Before anything is decided: the captures that there are, any of which may wait already, and the records as they are, which the cache may lag behind. */
  begin(uids: Iterable<string>, records: RecordEssence[]): void {
    this.walked = undefined;
    for (const uid of uids) this.unseen.add(uid);
    for (const { metadata, holdings } of records) {
      if (!holdings || this.isKnown(metadata.name, holdings)) continue;
      this.decided.set(metadata.name, holdings);
      this.parts.wake(metadata.name);
    }
  }

  /** What a request waits for; undefined where there is room for it. */
  ask(asked: Omit<Request, 'joinedMs'>): Wait | undefined {
    this.see(asked.uid);
    const request = { ...asked, joinedMs: this.queue.get(asked.id)?.joinedMs ?? this.parts.now() };
    const wait = this.waitOf(request);
    if (wait) this.refused.set(request.uid, [...(this.refused.get(request.uid) ?? []), request]);
    return wait;
  }

  /** It was decided about a capture: its record is to be this one, and it waits for what it was refused. */
  settle(uid: string, record: RunRecord | undefined): void {
    const waits = this.refused.get(uid) ?? [];
    this.forget(uid, waits);
    const holdings = record && holdingsOf(record);
    const before = this.decided.get(uid);
    if (before) this.decided.delete(uid);
    const isNews = holdings !== undefined && !this.isKnown(uid, holdings);
    if (isNews) this.decided.set(uid, holdings);
    if (isNews || before) this.walked = undefined;
    if (before && !holdings) this.mayWake = true;
    for (const request of waits) this.enqueue(request);
    this.wakeThoseWhoMayGo();
  }

  /** It could not be decided about a capture: it holds nobody up until it can be. */
  leave(uid: string): void {
    this.forget(uid, []);
    this.wakeThoseWhoMayGo();
  }

  /** A record is there, is another or is gone. Most of what is written to one takes up no more and no less. */
  recordChanged({ metadata, holdings }: RecordEssence, previous?: RecordEssence): void {
    if (previous && JSON.stringify(previous.holdings) === JSON.stringify(holdings)) return;
    const decided = this.decided.get(metadata.name);
    if (decided && holdings && knows(holdings, decided)) this.decided.delete(metadata.name);
    this.walked = undefined;
    this.mayWake = true;
    this.wakeThoseWhoMayGo();
  }

  private waitOf(request: Request): Wait | undefined {
    const unknown = this.unseen.size > 0 ? waitAnyway(request, this.house()) : undefined;
    if (unknown) return unknown;
    const walk = this.walk();
    const queued = this.queue.get(request.id);
    if (queued && same(queued, request)) return walk.waitOf(request.id);
    if (!queued && walk.isLast(request)) return walk.waitAtEnd(request);
    return new Walk([...[...this.queue.values()].filter(({ id }) => id !== request.id), request], this.house()).waitOf(request.id);
  }

  private enqueue(request: Request): void {
    const queued = this.queue.get(request.id);
    if (queued && same(queued, request)) return;
    this.queue.set(request.id, request);
    if (!queued && this.walked?.isLast(request)) this.walked.add(request);
    else this.walked = undefined;
  }

  private forget(uid: string, waits: Request[]): void {
    this.see(uid);
    this.refused.delete(uid);
    for (const id of this.idsOf.get(uid) ?? []) {
      if (waits.some((request) => request.id === id)) continue;
      this.queue.delete(id);
      this.walked = undefined;
      this.mayWake = true;
    }
    if (waits.length > 0) this.idsOf.set(uid, waits.map(({ id }) => id));
    else this.idsOf.delete(uid);
  }

  private see(uid: string): void {
    if (!this.unseen.delete(uid)) return;
    this.walked = undefined;
    if (this.unseen.size === 0) this.mayWake = true;
  }

  private wakeThoseWhoMayGo(): void {
    if (!this.mayWake) return;
    this.mayWake = false;
    if (this.queue.size === 0) return;
    const walk = this.walk();
    for (const { id, uid } of this.queue.values()) if (walk.waitOf(id) === undefined) this.parts.wake(uid);
  }

  /** The last one, where nothing has changed since. Time alone changes little, and nothing in a hurry. */
  private walk(): Walk {
    if (this.walked === undefined || this.parts.now() - this.walked.house.now >= 1000) this.walked = new Walk(this.queue.values(), this.house());
    return this.walked;
  }

  private house(): House {
    const counts = new Map<string, number>();
    const all = (place: Place): number => {
      const key = placeKey(place);
      const known = counts.get(key) ?? this.count(place);
      counts.set(key, known);
      return known;
    };
    return {
      now: this.parts.now(),
      limits: this.parts.limits,
      taken: (place, uid) => all(place) - (place.kind === 'namespace' ? this.own(place, uid) : 0),
      unseen: this.unseen.size,
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
