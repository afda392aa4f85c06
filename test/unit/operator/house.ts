// A cluster as far as the queue sees it: records, a cache that lags behind them, and captures that are looked at when something wakes them.
import { Store } from '../../../src/kube/store.js';
import { Admission } from '../../../src/operator/admission.js';
import { BY_CAPTURE, BY_PLACE, type RecordEssence } from '../../../src/operator/caches.js';
import { holdingsOf, placeKey, placesOf, taken, type Place } from '../../../src/plan/places.js';
import { followRequest, startRequest, type Wait } from '../../../src/plan/queue.js';
import type { Run, RunRecord } from '../../../src/plan/record.js';
import { aCapture, NOW, running } from '../plan/builders.js';

export interface Wanted {
  namespace?: string;
  nodes?: string[];
  /** ms. */
  madeAt?: number;
}

const { record: aRecord } = running();
const time = (ms: number): string => new Date(NOW + ms).toISOString();

export class House {
  now = 0;
  /** Captures to look at; the first is next. */
  readonly woken = new Set<string>();
  readonly records = new Map<string, RunRecord>();
  private admission!: Admission;
  private cache!: Store<RecordEssence>;
  private readonly captures = new Map<string, Required<Wanted> & { asks: boolean }>();
  /** What the cache does not know yet. */
  private readonly news: string[] = [];

  constructor(readonly limit: number) {
    this.restart();
  }

  want(uid: string, { namespace = 'shop', nodes = ['node-a'], madeAt = this.now }: Wanted = {}): this {
    this.captures.set(uid, { namespace, nodes, madeAt, asks: true });
    this.woken.add(uid);
    return this;
  }

  /** It is suspended, refused, deleted, or its pod is gone. */
  unwant(uid: string): void {
    const capture = this.captures.get(uid);
    if (capture) capture.asks = false;
    this.woken.add(uid);
  }

  /** One turn of a capture. What it waits for, or its newest record. */
  look(uid: string, { isWritten = true } = {}): Wait | RunRecord | undefined {
    this.woken.delete(uid);
    const capture = this.captures.get(uid);
    const known = this.records.get(uid);
    if (!capture?.asks || (known && !known.run.result && !known.run.stop)) return void this.admission.settle(uid, known);
    const object = aCapture({}, { uid, name: uid, namespace: capture.namespace, creationTimestamp: time(capture.madeAt) });
    const wait = this.admission.ask(startRequest(object, known, capture.nodes));
    if (wait) {
      this.admission.settle(uid, known);
      return wait;
    }
    const record = this.begun(uid, capture, known);
    this.admission.settle(uid, record);
    if (isWritten) {
      capture.asks = false;
      this.write(uid, record);
    } else this.woken.add(uid);
    return record;
  }

  /** A run that lasts goes to one more node, where there is room. */
  follow(uid: string, node: string): boolean {
    const record = this.records.get(uid);
    if (!record || record.run.result || record.run.stop || record.run.nodes.some((n) => n.node === node)) return false;
    const hasRoom = this.admission.ask(followRequest(record, node)) === undefined;
    const next = hasRoom ? { ...record, run: { ...record.run, nodes: [...record.run.nodes, aNode(node)] } } : record;
    this.admission.settle(uid, next);
    if (hasRoom) this.write(uid, next);
    return hasRoom;
  }

  /** An edit: the run stops, and another is wanted. */
  edit(uid: string): void {
    const record = this.records.get(uid);
    const capture = this.captures.get(uid);
    if (!record || !capture || record.draining || record.run.result) return;
    this.write(uid, { ...record, run: { ...record.run, stop: { reason: 'Superseded', time: time(this.now) } } });
    capture.asks = true;
    this.woken.add(uid);
  }

  /** Its runs are over. `late`: their agents try late files on. */
  end(uid: string, late = false): void {
    const record = this.records.get(uid);
    if (!record) return;
    const over = (run: Run): Run => ({ ...run, result: { outcome: 'Failed', reason: 'UploadIncomplete', message: '', completionTime: time(this.now), ...(late && { revisable: true as const }) } });
    const { draining, ...rest } = record;
    this.write(uid, { ...rest, run: over(record.run), ...(draining && late && { draining: over(draining) }) });
    this.woken.add(uid);
  }

  /** The object is deleted, and its runs deliver on. */
  remove(uid: string): void {
    this.captures.delete(uid);
    this.woken.add(uid);
  }

  forget(uid: string): void {
    this.captures.delete(uid);
    if (this.records.delete(uid)) this.news.push(uid);
    this.woken.add(uid);
  }

  /** The cache hears of one more write. */
  hear(): void {
    const uid = this.news.shift();
    if (uid === undefined) return;
    const essence = this.essence(uid);
    const before = this.cache.byIndex(BY_CAPTURE, uid)[0];
    if (essence) this.cache.set(essence);
    else this.cache.delete(uid);
    const told = essence ?? before;
    if (told) this.admission.recordChanged(told, essence && before);
    this.woken.add(uid);
  }

  /** A new leader, whose cache lags behind as well. */
  restart(): void {
    this.cache = new Store<RecordEssence>({ [BY_CAPTURE]: (r) => [r.metadata.name], [BY_PLACE]: ({ holdings }) => (holdings ? placesOf(holdings).map(placeKey) : []) });
    for (const uid of this.records.keys()) if (!this.news.includes(uid)) this.cache.set(this.essence(uid) as RecordEssence);
    this.admission = new Admission({ records: this.cache, limits: { namespace: this.limit, node: this.limit }, wake: (uid) => this.woken.add(uid), now: () => this.now });
    this.admission.begin(this.captures.keys(), [...this.records.keys()].map((uid) => this.essence(uid) as RecordEssence));
    for (const uid of this.captures.keys()) this.woken.add(uid);
  }

  /** By the records themselves. */
  used(place: Place): number {
    return [...this.records.values()].reduce((sum, record) => sum + taken(holdingsOf(record), place), 0);
  }

  hears(): boolean {
    return this.news.length > 0;
  }

  /** Captures that still want a run. */
  waiting(): string[] {
    return [...this.captures].filter(([, { asks }]) => asks).map(([uid]) => uid);
  }

  private begun(uid: string, { namespace, nodes }: Required<Wanted>, before: RunRecord | undefined): RunRecord {
    const number = (before?.run.number ?? 0) + 1;
    const run: Run = { ...aRecord.run, id: `${uid}-${number}`, number, startTime: time(this.now), nodes: nodes.map(aNode) };
    return { ...aRecord, capture: { uid, namespace, name: uid }, run, ...(before && !before.run.result && { draining: before.run }) };
  }

  private write(uid: string, record: RunRecord): void {
    this.records.set(uid, record);
    this.news.push(uid);
  }

  private essence(uid: string): RecordEssence | undefined {
    const record = this.records.get(uid);
    return record && { metadata: { name: uid, uid, resourceVersion: '1' }, holdings: holdingsOf(record) };
  }
}

const aNode = (node: string): Run['nodes'][0] => ({ ...(aRecord.run.nodes[0] as Run['nodes'][0]), node });
