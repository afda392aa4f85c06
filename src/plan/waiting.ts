// Why a capture can't go on right now: what a person reads as condition, Event and log line alike.

/** `terminal`: only an edit can help (Ready is Stalled). Otherwise the operator goes on looking (Ready is Reconciling). */
export interface Obstacle {
  reason: string;
  message: string;
  terminal: boolean;
}

export const waiting = (reason: string, message: string): Obstacle => ({ reason, message, terminal: false });
export const refused = (reason: string, message: string): Obstacle => ({ reason, message, terminal: true });
