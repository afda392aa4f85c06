// resource.Quantity as k8s.io/apimachinery reads and holds it: what CEL's quantity() gives to a rule.

const SUFFIX = /^(?:(?<exponent>[eE][-+]?[0-9]+)|(?<decimal>[numkMGTPE]?)|(?<binary>[KMGTPE]i))$/;
const DECIMAL_EXPONENT: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY_EXPONENT: Record<string, number> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
const MAX_INT64 = 2n ** 63n - 1n;
/** Digits that an int64 surely holds. */
const MAX_INT64_FACTORS = 18;
const NANO = 9;

/** unscaled × 10^-scale, held as an int64 with a scale where that is quick, or as a decimal of any size. */
export class Quantity {
  private constructor(
    readonly unscaled: bigint,
    readonly scale: number,
    readonly held: 'int64' | 'decimal',
  ) {}

  static ofInteger(value: bigint): Quantity {
    return new Quantity(value, 0, 'int64');
  }

  /** Undefined where ParseQuantity returns an error. */
  static parse(text: string): Quantity | undefined {
    const parts = /^([-+]?)([0-9]*)(?:\.([0-9]*))?(.*)$/s.exec(text);
    const suffix = SUFFIX.exec(parts?.[4] ?? ' ');
    if (!parts || !suffix) return undefined;
    const [, sign = '', whole = '', fraction = ''] = parts;
    if (whole + fraction === '') return undefined;
    const { exponent, decimal = '', binary } = suffix.groups ?? {};
    const unsigned = BigInt(whole + fraction);
    const digits = whole.replace(/^0+/, '') || '0';

    if (binary !== undefined) {
      const power = BINARY_EXPONENT[binary] as number;
      const value = unsigned * 2n ** BigInt(power);
      const isQuick = fraction === '' && 15 - digits.length - Math.trunc((power * 3) / 10) - 1 >= 0 && value <= MAX_INT64;
      if (isQuick) return new Quantity(signed(sign, value), 0, 'int64');
      return decimalOf(sign, value, fraction.length, MAX_INT64);
    }
    const power = exponent === undefined ? (DECIMAL_EXPONENT[decimal] as number) : Number(exponent.slice(1));
    const scale = fraction.length - power;
    if (MAX_INT64_FACTORS - (digits.length + fraction.length) >= 0 && scale <= NANO) return new Quantity(signed(sign, unsigned), scale, 'int64');
    return decimalOf(sign, unsigned, scale);

    /** Rounded up to a billionth, whatever it was. */
    function decimalOf(sign: string, unscaled: bigint, scale: number, cap?: bigint): Quantity {
      const shift = NANO - scale;
      const divisor = 10n ** BigInt(Math.max(0, -shift));
      const nanos = shift >= 0 ? unscaled * 10n ** BigInt(shift) : (unscaled + divisor - 1n) / divisor;
      const capped = cap !== undefined && nanos > cap * 10n ** 9n ? cap * 10n ** 9n : nanos;
      return new Quantity(signed(sign, capped), NANO, 'decimal');
    }
  }

  get sign(): bigint {
    return BigInt(Number(this.unscaled > 0n) - Number(this.unscaled < 0n));
  }

  /** Whether asInteger() works: not whether the value is whole. */
  get isInteger(): boolean {
    if (this.held === 'decimal' || this.scale > 0) return false;
    const value = this.unscaled * 10n ** BigInt(-this.scale);
    return value <= MAX_INT64 && value >= -MAX_INT64;
  }

  /** As Go computes it, with its rounding. */
  get asApproximateFloat(): number {
    return this.scale === 0 ? Number(this.unscaled) : Number(this.unscaled) * Number(`1e${-this.scale}`);
  }

  sub(other: Quantity): Quantity {
    const scale = Math.max(this.scale, other.scale);
    const isDecimal = this.held === 'decimal' || other.held === 'decimal';
    return new Quantity(this.at(scale) - other.at(scale), scale, isDecimal ? 'decimal' : 'int64');
  }

  compareTo(other: Quantity): bigint {
    return this.sub(other).sign;
  }

  private at(scale: number): bigint {
    return this.unscaled * 10n ** BigInt(scale - this.scale);
  }
}

const signed = (sign: string, value: bigint): bigint => (sign === '-' ? -value : value);
