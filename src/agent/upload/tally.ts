// What uploads took and how often they failed, since this process began: for the metrics of whoever operates the installation.
import type { DELIVERY_REASON } from '../../api/reasons.js';
import { UPLOAD_SECONDS, type Work } from '../../protocol/work.js';

type Reason = (typeof DELIVERY_REASON)[keyof typeof DELIVERY_REASON];

export class UploadTally {
  private readonly counts = Array.from({ length: UPLOAD_SECONDS.length + 1 }, () => 0);
  private readonly errors: Record<string, number> = {};
  private ms = 0;

  /** A file was uploaded and read back; `ms`: from the first request of the try that succeeded. */
  done(ms: number): void {
    const bound = UPLOAD_SECONDS.findIndex((seconds) => ms <= seconds * 1000);
    const n = bound < 0 ? UPLOAD_SECONDS.length : bound;
    this.counts[n] = (this.counts[n] ?? 0) + 1;
    this.ms += ms;
  }

  /** A try failed, of a file or of a manifest. */
  failed(reason: Reason): void {
    this.errors[reason] = (this.errors[reason] ?? 0) + 1;
  }

  get now(): Work['uploads'] {
    return { counts: [...this.counts], seconds: Math.round(this.ms) / 1000, errors: { ...this.errors } };
  }
}
