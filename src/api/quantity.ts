// Kubernetes quantities ("10M", "1Gi", 1048576) as whole bytes.

const SUFFIX: Record<string, bigint> = {
  '': 1n, k: 10n ** 3n, M: 10n ** 6n, G: 10n ** 9n, T: 10n ** 12n, P: 10n ** 15n, E: 10n ** 18n,
  Ki: 2n ** 10n, Mi: 2n ** 20n, Gi: 2n ** 30n, Ti: 2n ** 40n, Pi: 2n ** 50n, Ei: 2n ** 60n,
};

/** RE2 pattern of a non-negative quantity that can be a number of bytes (no milli, micro or nano). */
export const QUANTITY_PATTERN = '^([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(k|[MGTPE]i?|Ki|[eE][0-9]{1,2})?$';
const WHOLE = new RegExp(QUANTITY_PATTERN);
export const QUANTITY_MAX_LENGTH = 64;

export type Quantity = string | number;

/**
 * Bytes of a quantity, or undefined where the text is none, is no whole number of bytes, or is past 2^53-1.
 * Source of the grammar: k8s.io/apimachinery `resource.Quantity`.
 */
export function parseBytes(quantity: Quantity): number | undefined {
  if (typeof quantity === 'number') return Number.isSafeInteger(quantity) && quantity >= 0 ? quantity : undefined;
  const match = quantity.length > QUANTITY_MAX_LENGTH ? null : WHOLE.exec(quantity);
  if (!match) return undefined;
  const [, number = '', , suffix = ''] = match;
  const [whole = '', fraction = ''] = number.split('.');
  const factor = /^[eE][0-9]/.test(suffix) ? 10n ** BigInt(suffix.slice(1)) : SUFFIX[suffix];
  if (factor === undefined) return undefined;
  // In whole numbers: 1.1 × 1e9 is not 1,100,000,000 in floating point.
  const scaled = BigInt(whole + fraction) * factor;
  const divisor = 10n ** BigInt(fraction.length);
  const bytes = scaled / divisor;
  return scaled % divisor === 0n && bytes <= Number.MAX_SAFE_INTEGER ? Number(bytes) : undefined;
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
