// Go durations ("90s", "1h30m", "1.5h"), as Kubernetes APIs write them.

const UNIT_NS: Record<string, bigint> = { ns: 1n, us: 1000n, µs: 1000n, ms: 1_000_000n, s: 1_000_000_000n, m: 60_000_000_000n, h: 3_600_000_000_000n };
/** Go counts in an int64 of nanoseconds: 292 years. */
const MAX_NS = 2n ** 63n - 1n;
export const DURATION_MAX_LENGTH = 64;

/** RE2 pattern of a non-negative Go duration; `0` alone is one too. */
export const DURATION_PATTERN = '^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$';
const WHOLE = new RegExp(DURATION_PATTERN);

/** Milliseconds of a Go duration, or undefined where the text is none or is past 292 years. In long ones the last nanoseconds are lost. */
export function parseDurationMs(text: string): number | undefined {
  const ns = parseDurationNs(text);
  return ns === undefined ? undefined : Number(ns / 1_000_000n) + Number(ns % 1_000_000n) / 1e6;
}

/** The same in nanoseconds, exactly. Source of the grammar: Go's `time.ParseDuration`, without the sign. */
export function parseDurationNs(text: string): bigint | undefined {
  if (text.length > DURATION_MAX_LENGTH || !WHOLE.test(text)) return undefined;
  let ns = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of text.matchAll(/([0-9]+)(?:\.([0-9]+))?(ns|us|µs|ms|s|m|h)/g)) {
    const unitNs = UNIT_NS[unit] as bigint;
    ns += BigInt(whole) * unitNs + fractionNs(fraction, unitNs);
    if (ns > MAX_NS) return undefined;
  }
  return ns;
}

/** As Go has it, so that an API server with the rules in CEL reads the same: of more digits than an int64 holds the rest is left out, and the product is a float's, cut off. */
function fractionNs(digits: string, unitNs: bigint): bigint {
  let value = 0n;
  let scale = 1;
  for (const digit of digits) {
    if (value > MAX_NS / 10n) break;
    value = value * 10n + BigInt(digit);
    scale *= 10;
  }
  // Not value × unit ÷ scale: 1.1 × 3,600,000 is not 3,960,000 in floating point.
  return BigInt(Math.trunc(Number(value) * (Number(unitNs) / scale)));
}

/** The shortest Go duration of a number of milliseconds: 90000 → "1m30s". */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = (ms % 60_000) / 1000;
  return (hours ? `${hours}h` : '') + (minutes ? `${minutes}m` : '') + (seconds ? `${Number(seconds.toFixed(3))}s` : '');
}
