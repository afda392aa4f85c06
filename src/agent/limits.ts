// When capturing ends: the run's time, each target's bytes and packets.
import { STOP_REASON } from '../api/reasons.js';
import type { Control } from '../protocol/control.js';
import type { Ledger } from '../protocol/ledger.js';

/** Why a target ends now; undefined where it goes on. What was captured beyond the limit before it was noticed stays. */
export function targetLimitReached(ledger: Ledger, limits: Control['limits']): string | undefined {
  if (limits.maxPackets !== undefined && ledger.packets.captured >= limits.maxPackets) return STOP_REASON.maxPackets;
  if (limits.maxSizeBytes !== undefined && ledger.bytes.captured >= limits.maxSizeBytes) return STOP_REASON.maxSize;
  return undefined;
}

/** Why all capturing ends now. `capturedMs`: time since this attempt's first tcpdump began to listen; undefined before. */
export function runLimitReached(control: Control, capturedMs: number | undefined): string | undefined {
  if (control.stop) return control.stop.reason;
  if (control.remainingMs > 0 && capturedMs !== undefined && capturedMs >= control.remainingMs) return STOP_REASON.duration;
  return undefined;
}
