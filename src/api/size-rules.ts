// The rules of sizes in bytes.
import type { PacketCaptureSpec } from './packetcapture.js';
import { parseBytes, type Quantity } from './quantity.js';
import type { Rule } from './rule.js';

const MB = 1_000_000;
/** tcpdump's -C counts whole MB and a quarter of the spool is the largest file: below 8M a file of 1M would not leave room for three more. */
const SPOOL_MIN_BYTES = 8 * MB;
const BUFFER_MIN_BYTES = 64 * 1024;
/** tcpdump's -B is an int of KiB; libpcap multiplies it back into an int of bytes. */
const BUFFER_MAX_BYTES = 2 ** 31 - 1024;

export const bufferSize: Rule = {
  field: 'spec.bufferSize',
  demands: 'whole bytes from 64Ki to just under 2Gi',
  check: (s) => wholeBytes(s.bufferSize, '1Gi') ?? buffer(s),
  cel: [
    {
      expression: bytesBetween(BUFFER_MIN_BYTES, BUFFER_MAX_BYTES),
      message: 'must be whole bytes from 64Ki (less cannot hold packets until tcpdump reads them) to just under 2Gi (more it cannot ask for); use for example "32Mi"',
    },
  ],
};

export const maxSize: Rule = {
  field: 'spec.maxSize',
  demands: 'whole bytes, at least 1',
  check: (s) => (s.maxSize === undefined ? undefined : (wholeBytes(s.maxSize, '1Gi') ?? positive(s.maxSize))),
  cel: [{ expression: bytesBetween(1), message: 'must be whole bytes, at least 1 and below 9P; write for example "1Gi", or leave the field out for no limit' }],
};

export const fileSize: Rule = {
  field: 'spec.ring.fileSize',
  demands: 'a whole multiple of 1M (1,000,000 bytes)',
  check: ({ ring }) => (ring.fileSize === undefined ? undefined : (wholeBytes(ring.fileSize, '10M') ?? multiple(ring.fileSize))),
  cel: [{ expression: multipleOfMB(), message: 'must be a whole multiple of 1M (tcpdump counts in 1,000,000 bytes); use for example "10M"' }],
};

export const spoolMaxSize: Rule = {
  field: 'spec.spool.maxSize',
  demands: 'whole bytes, at least 8M',
  check: ({ spool }) => wholeBytes(spool.maxSize, '1Gi') ?? smallSpool(spool.maxSize),
  cel: [
    {
      expression: bytesBetween(SPOOL_MIN_BYTES),
      message: `must be whole bytes, at least 8M and below 9P (a file is closed at a quarter of it, and tcpdump's smallest file is 1M); use for example "1Gi"`,
    },
  ],
};

const wholeBytes = (value: Quantity, example: string): string | undefined =>
  parseBytes(value) === undefined ? `${JSON.stringify(value)}: is no whole number of bytes below 9P; write for example "${example}"` : undefined;

function buffer({ bufferSize: value }: PacketCaptureSpec): string | undefined {
  const bytes = parseBytes(value) as number;
  if (bytes < BUFFER_MIN_BYTES) return `${JSON.stringify(value)}: is less than 64Ki, too small to hold packets until tcpdump reads them; use "32Mi"`;
  return bytes > BUFFER_MAX_BYTES ? `${JSON.stringify(value)}: is more than tcpdump can ask for; use at most "1Gi"` : undefined;
}

const positive = (value: Quantity): string | undefined => (parseBytes(value) === 0 ? `${JSON.stringify(value)}: must be at least 1 byte; leave the field out for no limit` : undefined);

function multiple(value: Quantity): string | undefined {
  const bytes = parseBytes(value) as number;
  if (bytes > 0 && bytes % MB === 0) return undefined;
  const below = Math.floor(bytes / MB);
  const fix = below === 0 ? '"1M"' : `"${below}M" or "${below + 1}M"`;
  return `${JSON.stringify(value)}: must be a whole multiple of 1M (tcpdump counts in 1,000,000 bytes); use ${fix}`;
}

const smallSpool = (value: Quantity): string | undefined =>
  (parseBytes(value) as number) < SPOOL_MIN_BYTES ? `${JSON.stringify(value)}: is too small: a file is closed at a quarter of it, and tcpdump's smallest file is 1M; use at least "8M"` : undefined;

// In CEL. isInteger() and asInteger() are of no use: to Kubernetes 1.5Gi and 100Ti are no integers, as it does not hold them as an int64.
// asApproximateFloat() may be 3 bytes off near 2^53, and what is left after subtracting it is exact.

function bytesBetween(least: number, most = Number.MAX_SAFE_INTEGER): string {
  const whole = `(!self.contains('.') || [-3, -2, -1, 0, 1, 2, 3].exists(n, quantity(self).sub(int(quantity(self).asApproximateFloat()) + n).sign() == 0))`;
  return `type(self) == int ? self >= ${least} && self <= ${most} : ${quantityBetween(least, most)} && ${whole}`;
}

function multipleOfMB(): string {
  const nearest = `int(quantity(self).asApproximateFloat() / ${MB}.0 + 0.5) * ${MB}`;
  return `type(self) == int ? self >= ${MB} && self <= ${Number.MAX_SAFE_INTEGER} && self % ${MB} == 0 : ${quantityBetween(MB, Number.MAX_SAFE_INTEGER)} && quantity(self).sub(${nearest}).sign() == 0`;
}

function quantityBetween(least: number, most: number): string {
  return `isQuantity(self) && !quantity(self).isLessThan(quantity('${least}')) && !quantity(self).isGreaterThan(quantity('${most}'))`;
}
