// The one error that everything here throws, made once from what the API server, the network or a watch said.

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: { reason?: string; message?: string; field?: string }[];
  retryAfterSeconds?: number;
}

/** Reasons of our own, beside those of the API server (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/). */
export const ERROR_REASON = {
  /** No whole answer came: refused, reset, unresolvable, TLS. A write may or may not have happened. */
  network: 'NetworkError',
  /** No whole answer came in time. A write may or may not have happened. */
  timeout: 'RequestTimeout',
  /** The caller's signal was aborted. */
  aborted: 'Aborted',
  /** A write of a process that does not lead; it was not sent. */
  fenced: 'Fenced',
  /** A program that should say the credentials did not; it is not run again by itself. */
  credentials: 'NoCredentials',
  /** An answer that is not what an API server says. */
  unexpected: 'UnexpectedAnswer',
} as const;

export class KubeError extends Error {
  override readonly name = 'KubeError';
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
  /** Stable, to branch on: the API server's reason, or one of ERROR_REASON. */
  readonly reason: string;
  readonly details: StatusDetails | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(fields: { status: number; reason: string; message: string; details?: StatusDetails | undefined; retryAfterSeconds?: number | undefined; cause?: unknown }) {
    super(fields.message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.status = fields.status;
    this.reason = fields.reason;
    this.details = fields.details;
    this.retryAfterSeconds = fields.retryAfterSeconds ?? fields.details?.retryAfterSeconds;
  }
}

const REASON_OF_STATUS: Record<number, string> = {
  400: 'BadRequest', 401: 'Unauthorized', 403: 'Forbidden', 404: 'NotFound', 405: 'MethodNotAllowed', 406: 'NotAcceptable', 409: 'Conflict', 410: 'Gone',
  413: 'RequestEntityTooLarge', 415: 'UnsupportedMediaType', 422: 'Invalid', 429: 'TooManyRequests', 500: 'InternalError', 503: 'ServiceUnavailable', 504: 'Timeout',
};
/** Enough for a sentence of a proxy; an API server's own words are never cut. */
const MAX_FOREIGN_TEXT = 200;

/** From an HTTP answer that is not a success. */
export function errorFromResponse(status: number, body: string, retryAfter?: string): KubeError {
  const retryAfterSeconds = retryAfter !== undefined && /^\d+$/.test(retryAfter) ? Number(retryAfter) : undefined;
  const parsed = parseStatus(body);
  if (parsed) return errorFromStatus({ ...parsed, code: status }, retryAfterSeconds);
  const text = body.replace(/\s+/g, ' ').trim();
  const message = `HTTP ${status}${text === '' ? '' : `: ${text.slice(0, MAX_FOREIGN_TEXT)}`}`;
  return new KubeError({ status, reason: REASON_OF_STATUS[status] ?? ERROR_REASON.unexpected, message, retryAfterSeconds });
}

/** From a Status object: the body of a failed call, or the object of a watch's ERROR event. */
export function errorFromStatus(object: unknown, retryAfterSeconds?: number): KubeError {
  const { code, reason, message, details } = (object ?? {}) as { code?: number; reason?: string; message?: string; details?: StatusDetails };
  const status = code ?? 500;
  const known = reason ?? REASON_OF_STATUS[status] ?? ERROR_REASON.unexpected;
  return new KubeError({ status, reason: known, message: message ?? known, details, retryAfterSeconds });
}

/** From whatever a socket threw. */
export function errorFromNetwork(error: unknown): KubeError {
  if (error instanceof KubeError) return error;
  // Several addresses tried, each with an error of its own: an AggregateError with an empty message.
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const message = first instanceof Error ? first.message || first.name : String(first);
  return new KubeError({ status: 0, reason: ERROR_REASON.network, message, cause: error });
}

function parseStatus(body: string): object | undefined {
  try {
    const value = JSON.parse(body) as { kind?: unknown } | null;
    return value !== null && typeof value === 'object' && value.kind === 'Status' ? value : undefined;
  } catch {
    return undefined;
  }
}

const has = (status: number) => (error: unknown): boolean => error instanceof KubeError && error.status === status;

export const isNotFound = has(404);
export const isForbidden = has(403);
export const isInvalid = has(422);
export const isTooManyRequests = has(429);
/** The resourceVersion or page that was asked for is no longer kept: list again. */
export const isGone = has(410);
export const isAlreadyExists = (error: unknown): boolean => has(409)(error) && (error as KubeError).reason === 'AlreadyExists';
/** A precondition failed (resourceVersion, UID, field ownership): read again, decide again. */
export const isConflict = (error: unknown): boolean => has(409)(error) && (error as KubeError).reason !== 'AlreadyExists';
export const isAborted = (error: unknown): boolean => error instanceof KubeError && error.reason === ERROR_REASON.aborted;
export const isFenced = (error: unknown): boolean => error instanceof KubeError && error.reason === ERROR_REASON.fenced;
/** No whole answer came; whether a write happened is unknown. */
export const isUnanswered = (error: unknown): boolean => error instanceof KubeError && error.status === 0 && !isFenced(error);
