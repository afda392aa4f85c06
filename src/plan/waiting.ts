// Why a capture can't go on right now: what a person reads as condition, Event and log line alike.
import type { Reason } from '../api/reason-table.js';

/** `terminal`: only an edit can help (Ready is Stalled). Otherwise the operator goes on looking (Ready is Reconciling). */
export interface Obstacle {
  reason: string;
  message: string;
  terminal: boolean;
  /** All is in place, and begins with the first pod (Ready is True). */
  armed?: true;
}

export const waiting = (reason: Reason, message: string): Obstacle => ({ reason, message, terminal: false });
export const refused = (reason: Reason, message: string): Obstacle => ({ reason, message, terminal: true });
export const armed = (message: string): Obstacle => ({ reason: 'NoTargetsYet', message, terminal: false, armed: true });
