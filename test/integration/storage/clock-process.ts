// Asks the sandbox's bucket with a clock that is SHIFT_MS off, and prints the errors of a HEAD, a PUT and a probe.
import { bytesBody } from '../../../src/storage/body.js';
import { probe, probeKey } from '../../../src/storage/probe.js';
import { never, ownPrefix, sandboxStore } from './sandbox-bucket.js';

const shiftMs = Number(process.env['SHIFT_MS']);
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...args: [] | [string | number | Date]) {
    if (args.length === 0) super(RealDate.now() + shiftMs);
    else super(args[0]);
  }
  static override now(): number {
    return RealDate.now() + shiftMs;
  }
} as DateConstructor;

async function main(): Promise<void> {
  const key = probeKey(ownPrefix());
  const store = sandboxStore();
  const outcome = (work: Promise<unknown>) => work.then(() => undefined, (error: unknown) => error as Error & { reason?: string });
  const errors = [await outcome(store.head(key, never())), await outcome(store.put(key, bytesBody(Buffer.from('x')), 'x/y', never())), await probe(store, key, Date.now)];
  process.stdout.write(JSON.stringify(errors.map((error) => ({ reason: error?.reason, message: error?.message }))));
}

void main();
