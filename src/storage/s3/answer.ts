// From a store's answer that is no success to the error that people see.
import { DELIVERY_REASON } from '../../api/reasons.js';
import { errorCode } from '../error-code.js';
import { StorageError, type DeliveryReason } from '../errors.js';
import { retryAfterMs } from '../retry-after.js';
import { textOf } from './xml.js';

export interface Refusal {
  httpStatus: number;
  /** Header values by lower-case name. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The answer's body, perhaps cut. Empty for HEAD. */
  body: string;
  /** What was asked, for people: `PUT captures/a/b.pcap`. */
  request: string;
}

/** S3 refuses a request whose time is more than 15 minutes off. */
const CLOCK_TOLERANCE_MS = 15 * 60_000;

const CLOCK_CODES: ReadonlySet<string> = new Set(['RequestTimeTooSkewed', 'RequestInTheFuture']);
const ACCESS_CODES: ReadonlySet<string> = new Set(['AccessDenied', 'InvalidAccessKeyId', 'SignatureDoesNotMatch', 'ExpiredToken', 'InvalidToken', 'TokenRefreshRequired', 'AccountProblem']);

/** The error that a refusal means. `secrets` never reach its message. */
export function refused(refusal: Refusal, nowMs: number, secrets: readonly string[]): StorageError {
  const { httpStatus, headers } = refusal;
  const code = errorCode(refusal.body, secrets);
  const skewMs = httpStatus === 403 ? clockSkewMs(headers['date'], nowMs) : 0;
  const reason = reasonFor(httpStatus, code, skewMs);
  const said = [code, textOf(refusal.body, 'Message')].filter((part) => part !== undefined && part !== '').join(': ');
  const hint = hintFor(reason, httpStatus, skewMs);
  const message = `${refusal.request}: HTTP ${httpStatus}${said ? ` ${said}` : ''}${hint ? ` (${hint})` : ''}`;
  return new StorageError({ reason, message, httpStatus, code, retryAfterMs: retryAfterMs(single(headers['retry-after']), nowMs), secrets });
}

function reasonFor(httpStatus: number, code: string | undefined, skewMs: number): DeliveryReason {
  if (code !== undefined && CLOCK_CODES.has(code)) return DELIVERY_REASON.clockSkew;
  if (code === 'NoSuchBucket') return DELIVERY_REASON.bucketNotFound;
  if (httpStatus === 403 && code === undefined && Math.abs(skewMs) > CLOCK_TOLERANCE_MS) return DELIVERY_REASON.clockSkew;
  if (httpStatus === 401 || httpStatus === 403 || (code !== undefined && ACCESS_CODES.has(code))) return DELIVERY_REASON.accessDenied;
  return DELIVERY_REASON.storeError;
}

function hintFor(reason: DeliveryReason, httpStatus: number, skewMs: number): string | undefined {
  if (reason === DELIVERY_REASON.clockSkew) return `the clocks differ by ${Math.round(Math.abs(skewMs) / 60_000)} minutes: set this node's clock, or the store's`;
  if (reason === DELIVERY_REASON.accessDenied) return 'check the keys, and that they may get, put and delete objects there';
  if (reason === DELIVERY_REASON.bucketNotFound) return 'create the bucket, or check its name and the endpoint';
  if (httpStatus >= 300 && httpStatus < 400) return "redirects are not followed: check the destination's endpoint and region";
  return undefined;
}

/** This clock's lead over the store's, by the Date header of its answer. */
function clockSkewMs(date: string | string[] | undefined, nowMs: number): number {
  const theirs = Date.parse(single(date) ?? '');
  return Number.isFinite(theirs) ? nowMs - theirs : 0;
}

const single = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
