// Follows the status of one capture by a watch, and says when this machine's clock saw each of its turns.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Capture } from '../../e2e/support/captures.js';

export interface CaptureWatch {
  /** Resolves with the capture that first fitted, and when that was seen (ms since the epoch). Rejects where none did in time. */
  seen(what: string, fits: (capture: Capture) => boolean, timeoutMs?: number): Promise<{ capture: Capture; ms: number }>;
  close(): void;
}

export function watchCapture(namespace: string, name: string): CaptureWatch {
  const path = `/apis/packetcapture.dev/v1alpha1/namespaces/${namespace}/packetcaptures?watch=1&timeoutSeconds=600&fieldSelector=metadata.name%3D${name}`;
  const child = spawn('kubectl', ['get', '--raw', path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const turns: { capture: Capture; ms: number }[] = [];
  const listeners = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const ms = Date.now();
    turns.push({ capture: (JSON.parse(line) as { object: Capture }).object, ms });
    for (const listener of listeners) listener();
  });
  return {
    seen: (what, fits, timeoutMs = 90_000) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const turn = turns.find(({ capture }) => fits(capture));
          if (turn) end(() => resolve(turn));
        };
        const end = (settle: () => void): void => {
          clearTimeout(timer);
          listeners.delete(look);
          settle();
        };
        const timer = setTimeout(() => end(() => reject(new Error(`${what}: not seen within ${timeoutMs} ms; the status is ${JSON.stringify(turns.at(-1)?.capture.status)}`))), timeoutMs);
        listeners.add(look);
        look();
      }),
    close: () => child.kill(),
  };
}
