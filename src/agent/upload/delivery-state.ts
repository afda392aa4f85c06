// What the bucket says now, from the outcome of each try.
import type { Delivery } from '../../protocol/report.js';
import type { StorageError } from '../../storage/errors.js';

/** Success of any try clears what concerns the bucket; what concerns one object stands until that object is delivered or given up. */
export class DeliveryState {
  private ofBucket: StorageError | undefined;
  private readonly ofObjects = new Map<string, StorageError>();
  private current: Delivery = { ok: true };
  private readonly listeners: (() => void)[] = [];

  constructor(private readonly now: () => number) {}

  get delivery(): Delivery {
    return this.current;
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  succeeded(key: string): void {
    this.ofBucket = undefined;
    this.ofObjects.delete(key);
    this.publish();
  }

  failed(key: string, error: StorageError): void {
    if (error.concernsOneObject) this.ofObjects.set(key, error);
    else this.ofBucket = error;
    this.publish();
  }

  givenUp(key: string): void {
    this.ofObjects.delete(key);
    this.publish();
  }

  private publish(): void {
    const [ofObject] = this.ofObjects.values();
    const next = describe(this.ofBucket ?? ofObject);
    const { since, ...before } = this.current;
    if (JSON.stringify(next) === JSON.stringify(before)) return;
    const sameState = next.ok === before.ok && next.reason === before.reason && since !== undefined;
    this.current = { ...next, since: sameState ? since : new Date(this.now()).toISOString() };
    for (const listener of this.listeners) listener();
  }
}

function describe(error: StorageError | undefined): Delivery {
  if (!error) return { ok: true };
  return { ok: false, reason: error.reason, ...(error.httpStatus === undefined ? {} : { httpStatus: error.httpStatus }), message: error.message };
}
