// Go durations ("90s", "1h30m", "1.5h"), as Kubernetes APIs write them.

const UNIT_MS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** RE2 pattern of a non-negative Go duration; `0` alone is one too. */
export const DURATION_PATTERN = '^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$';
const WHOLE = new RegExp(DURATION_PATTERN);

/**
 * Milliseconds of a Go duration, or undefined where the text is none.
 * Source of the grammar: Go's `time.ParseDuration`, without the sign.
 */
export function parseDurationMs(text: string): number | undefined {
  if (!WHOLE.test(text)) return undefined;
  let ms = 0;
  for (const [, value, unit] of text.matchAll(/([0-9]+(?:\.[0-9]+)?)(ns|us|µs|ms|s|m|h)/g)) {
    ms += Number(value) * (UNIT_MS[unit as string] as number);
  }
  return Number.isFinite(ms) ? ms : undefined;
}

/** The shortest Go duration of a number of milliseconds: 90000 → "1m30s". */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = (ms % 60_000) / 1000;
  return (hours ? `${hours}h` : '') + (minutes ? `${minutes}m` : '') + (seconds ? `${Number(seconds.toFixed(3))}s` : '');
}
