// time.ParseDuration as Go has it: what CEL's duration() gives to a rule.

const UNIT_NS: Record<string, bigint> = { ns: 1n, us: 1_000n, 'µs': 1_000n, 'μs': 1_000n, ms: 1_000_000n, s: 1_000_000_000n, m: 60_000_000_000n, h: 3_600_000_000_000n };
const LIMIT = 2n ** 63n;

export class GoDuration {
  constructor(readonly nanoseconds: bigint) {}

  /** Throws where ParseDuration returns an error. */
  static parse(text: string): GoDuration {
    const [, sign = '', rest = ''] = /^([-+]?)(.*)$/s.exec(text) ?? [];
    if (rest === '0') return new GoDuration(0n);
    const terms = [...rest.matchAll(/([0-9]*)(?:(\.)([0-9]*))?([^0-9.]+)/gy)];
    if (terms.length === 0 || terms.map(([term]) => term).join('') !== rest) throw new Error(`time: invalid duration "${text}"`);
    let total = 0n;
    for (const [, whole = '', , fraction = '', name = ''] of terms) {
      const unit = UNIT_NS[name];
      if (unit === undefined || whole + fraction === '') throw new Error(`time: invalid duration "${text}"`);
      total += BigInt(whole || '0') * unit + fractionOf(fraction, unit);
      if (total > LIMIT) throw new Error(`time: invalid duration "${text}"`);
    }
    if (sign !== '-' && total === LIMIT) throw new Error(`time: invalid duration "${text}"`);
    return new GoDuration(sign === '-' ? -total : total);
  }
}

/** Digits that no int64 holds are left out; the product is a float's, cut off. */
function fractionOf(digits: string, unit: bigint): bigint {
  let value = 0n;
  let scale = 1;
  for (const digit of digits) {
    if (value > (LIMIT - 1n) / 10n) break;
    value = value * 10n + BigInt(digit);
    scale *= 10;
  }
  return BigInt(Math.trunc(Number(value) * (Number(unit) / scale)));
}
