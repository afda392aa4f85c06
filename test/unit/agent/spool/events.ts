// Spool events and states for tests, by what matters.
import type { SpoolEvent, SpoolFile } from '../../../../src/agent/spool/events.js';
import { applyEvent } from '../../../../src/agent/spool/apply.js';
import { emptyState, type SpoolState } from '../../../../src/agent/spool/state.js';

export const START_MS = Date.UTC(2026, 10, 20, 3, 5, 12);

export const file = (over: Partial<SpoolFile> = {}): SpoolFile => ({
  target: 'a',
  attempt: 1,
  sequence: 1,
  start: 1,
  name: 'capture.',
  from: 0,
  to: 1000,
  packets: 10,
  openedMs: START_MS,
  firstUs: START_MS * 1000,
  lastUs: START_MS * 1000 + 5,
  ...over,
});

export const targets = (...names: string[]): SpoolEvent[] => names.map((target) => ({ type: 'target', target, podName: target, podUID: `uid-${target}`, podIPs: ['10.0.0.1'] }));
export const closed = (over: Partial<SpoolFile> = {}): SpoolEvent => ({ type: 'closed', file: file(over) });
export const uploaded = (sequence = 1, target = 'a'): SpoolEvent => ({ type: 'uploaded', target, sequence, key: `${target}/${sequence}`, size: 1000, sha256: 'ab', etag: 'cd' });
export const discarded = (reason: string, sequence = 1, target = 'a'): SpoolEvent => ({ type: 'discarded', target, sequence, reason });

export function fold(events: SpoolEvent[]): SpoolState {
  const state = emptyState();
  for (const event of events) applyEvent(state, event);
  return state;
}
