// Waits for a condition of the world, never for a time.
import { setTimeout as delay } from 'node:timers/promises';

/** Asks until `check` neither throws nor returns undefined or false; then fails with its last words. */
export async function eventually<R>(what: string, check: () => R | Promise<R>, { timeoutMs = 20_000, everyMs = 25 } = {}): Promise<Exclude<R, undefined | false>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let problem: unknown;
    try {
      const value = await check();
      if (value !== undefined && value !== false) return value as Exclude<R, undefined | false>;
    } catch (error) {
      problem = error;
    }
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause: problem });
    await delay(everyMs);
  }
}
