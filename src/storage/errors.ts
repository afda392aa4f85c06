// The one error of the object store: a stable reason, and the store's own words without anything secret.
import { DELIVERY_REASON } from '../api/reasons.js';
import { presentable } from './words.js';

export type DeliveryReason = (typeof DELIVERY_REASON)[keyof typeof DELIVERY_REASON];

export interface StorageErrorDetails {
  reason: DeliveryReason;
  message: string;
  /** Status of the store's answer; absent where none came. */
  httpStatus?: number | undefined;
  /** The store's error code (NoSuchBucket), or the socket's (ECONNREFUSED). */
  code?: string | undefined;
  /** How long the store asked to be left alone, at most RETRY_AFTER_MAX_MS. */
  retryAfterMs?: number | undefined;
  /** Values that must not be in the message. */
  secrets?: readonly string[];
}

export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly reason: DeliveryReason;
  readonly httpStatus: number | undefined;
  readonly code: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(details: StorageErrorDetails) {
    super(presentable(details.message, details.secrets));
    this.reason = details.reason;
    this.httpStatus = details.httpStatus;
    this.code = details.code;
    this.retryAfterMs = details.retryAfterMs;
  }

  /** True: about one object, others may well succeed. False: about the bucket, the keys or the way there. */
  get concernsOneObject(): boolean {
    if (this.reason === DELIVERY_REASON.verificationFailed || this.reason === DELIVERY_REASON.compressionFailed) return true;
    return this.reason === DELIVERY_REASON.storeError && ONE_OBJECT_STATUS.has(this.httpStatus ?? 0);
  }
}

/** Bad Request, Not Found (an upload that was aborted meanwhile), Conflict, Precondition Failed, Content Too Large. */
const ONE_OBJECT_STATUS: ReadonlySet<number> = new Set([400, 404, 409, 412, 413]);

/** An answer or content that is not what was sent. */
export const verificationFailed = (message: string): StorageError => new StorageError({ reason: DELIVERY_REASON.verificationFailed, message });

const CODES_OF_SOCKETS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: check the endpoint and its port',
  ENOTFOUND: 'the name is unknown: check the endpoint, and the name service of the pod',
  EAI_AGAIN: 'the name service does not answer',
  EHOSTUNREACH: 'no route: check network policies and firewalls',
  ENETUNREACH: 'no route: check network policies and firewalls',
  EPROTO: 'the TLS handshake failed: check http or https in the endpoint',
  HPE_INVALID_CONSTANT: 'the answer is no HTTP: check http or https in the endpoint',
};

const UNKNOWN_AUTHORITY = "the certificate is of no trusted authority: name the authority's certificate in the destination's s3.tls.caRef, or put right what is there";

/** Why an endpoint did not prove who it is. */
const CODES_OF_CERTIFICATES: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  CERT_SIGNATURE_FAILURE: UNKNOWN_AUTHORITY,
  CERT_UNTRUSTED: UNKNOWN_AUTHORITY,
  INVALID_CA: 'the certificate was signed by one that may not sign others',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is of another host: check the endpoint',
  CERT_HAS_EXPIRED: "the certificate has expired, or this node's clock is wrong",
  CERT_NOT_YET_VALID: "the certificate is not valid yet, or this node's clock is wrong",
  CERT_REVOKED: 'the certificate was revoked',
};

/** No answer came, or not a whole one. `host` is what was asked. */
export function unreachable(error: unknown, host: string, secrets: readonly string[]): StorageError {
  const code = typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  // Node gathers the errors of a host's several addresses in an AggregateError without a message.
  const words = error instanceof AggregateError ? error.errors.map(String).join('; ') : error instanceof Error ? error.message : String(error);
  const ofCertificate = code === undefined ? undefined : CODES_OF_CERTIFICATES[code];
  const hint = ofCertificate ?? (code === undefined ? undefined : CODES_OF_SOCKETS[code]);
  const reason = ofCertificate === undefined ? DELIVERY_REASON.bucketUnreachable : DELIVERY_REASON.tlsFailed;
  return new StorageError({ reason, code, secrets, message: `${host}: ${words}${hint ? ` (${hint})` : ''}` });
}
