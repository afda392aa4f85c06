// Kubernetes quantities ("10M", "1Gi", 1048576) as whole bytes.

const SUFFIX: Record<string, number> = {
  '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18,
  Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60,
};

/** RE2 pattern of a non-negative quantity that can be a number of bytes (no milli, micro or nano). */
export const QUANTITY_PATTERN = '^([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(k|[MGTPE]i?|Ki|[eE][0-9]{1,2})?$';
const WHOLE = new RegExp(QUANTITY_PATTERN);

export type Quantity = string | number;

/**
 * Bytes of a quantity, or undefined where the text is none, is no whole number of bytes, or is past 2^53-1.
 * Source of the grammar: k8s.io/apimachinery `resource.Quantity`.
 */
export function parseBytes(quantity: Quantity): number | undefined {
  if (typeof quantity === 'number') return Number.isSafeInteger(quantity) && quantity >= 0 ? quantity : undefined;
  const match = WHOLE.exec(quantity);
  if (!match) return undefined;
  const suffix = match[3] ?? '';
  const factor = /^[eE][0-9]/.test(suffix) ? 10 ** Number(suffix.slice(1)) : SUFFIX[suffix];
  if (factor === undefined) return undefined;
  const bytes = Number(match[1]) * factor;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Bytes for people: 524288000 → "524M" (powers of ten, as `ls --si`). */
export function formatBytes(bytes: number): string {
  for (const [unit, size] of [['T', 1e12], ['G', 1e9], ['M', 1e6], ['k', 1e3]] as const) {
    if (bytes >= size) {
      const value = bytes / size;
      return `${value < 10 ? Math.floor(value * 10) / 10 : Math.floor(value)}${unit}`;
    }
  }
  return `${bytes}`;
}
