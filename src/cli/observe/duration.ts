// How long a capture is to last, as its spec says.
import { parseDurationMs } from '../../api/duration.js';
import type { CaptureObject } from '../capture.js';

/** 0: until it is stopped. undefined: what stands there is no duration; the operator says so. */
export function durationMsOf({ spec }: CaptureObject): number | undefined {
  const duration = spec?.['duration'];
  return typeof duration === 'string' ? parseDurationMs(duration) : undefined;
}
