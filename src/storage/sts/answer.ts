// From a token service's refusal to the error that people see.
import { DELIVERY_REASON } from '../../api/reasons.js';
import { errorCode } from '../error-code.js';
import { StorageError, type DeliveryReason } from '../errors.js';
import { retryAfterMs } from '../retry-after.js';
import type { Answer } from '../s3/exchange.js';
import { textOf } from '../s3/xml.js';

/** A 4xx that is not about who asks: asked again later it may be answered. */
const PASSING_CODES: ReadonlySet<string> = new Set(['IDPCommunicationError', 'Throttling', 'ThrottlingException', 'RequestLimitExceeded', 'ServiceUnavailable']);

export function stsRefused({ httpStatus, headers, errorBody }: Answer, where: string, nowMs: number, secrets: readonly string[]): StorageError {
  const code = errorCode(errorBody, secrets);
  const reason = reasonFor(httpStatus, code);
  const said = [code, textOf(errorBody, 'Message')].filter((part) => part !== undefined && part !== '').join(': ');
  const hint = hintFor(httpStatus, reason);
  const message = `${where}: HTTP ${httpStatus}${said ? ` ${said}` : ''}${hint ? ` (${hint})` : ''}`;
  // A code of the service's own could be taken for the bucket's: AccessDenied there may mean that an object is not there.
  return new StorageError({ reason, message, code: 'AssumeRoleWithWebIdentity', retryAfterMs: retryAfterMs(headers['retry-after'], nowMs), secrets });
}

function reasonFor(httpStatus: number, code: string | undefined): DeliveryReason {
  const refuses = httpStatus >= 400 && httpStatus < 500 && httpStatus !== 429 && !(code !== undefined && PASSING_CODES.has(code));
  return refuses ? DELIVERY_REASON.accessDenied : DELIVERY_REASON.storeError;
}

function hintFor(httpStatus: number, reason: DeliveryReason): string | undefined {
  if (httpStatus >= 300 && httpStatus < 400) return "redirects are not followed: check the destination's stsEndpoint";
  return reason === DELIVERY_REASON.accessDenied ? 'check that the role trusts the issuer, the audience and the service account of the token' : undefined;
}
