// Sends requests to one bucket over one pool of connections, with today's keys, and turns all that is no success into a StorageError.
import * as http from 'node:http';
import * as https from 'node:https';
import { DELIVERY_REASON } from '../../api/reasons.js';
import type { AuthoritiesReader } from '../authorities.js';
import type { CredentialsReader } from '../credentials.js';
import { StorageError, unreachable } from '../errors.js';
import { refused } from './answer.js';
import { boundedBody } from './bounded-body.js';
import { endpointOf, type S3Location } from './endpoint.js';
import { exchange, isSuccess, type ExchangeLimits } from './exchange.js';
import { EMPTY, signed, type S3Request } from './sign.js';

export interface Reply {
  headers: http.IncomingHttpHeaders;
  body: Buffer;
  /** The error of a success that makes no sense; `said` says why, in the store's own words too. */
  unfit: (said: string) => StorageError;
}

export interface Sender {
  /** The SHA-256 of each body is signed: there is no TLS. */
  readonly signsBodies: boolean;
  /** A request whose answer's body has at most `maxBytes`. */
  send(request: S3Request, signal: AbortSignal, maxBytes?: number): Promise<Reply>;
  /** A request whose answer's body, however long, goes to `onChunk`, which throws to end it; else only a stall does. */
  stream(request: S3Request, signal: AbortSignal, onChunk: (chunk: Buffer) => void): Promise<void>;
}

/** Far more than any answer to a step of an upload. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** An object of any size is read back within this. */
const READ_BACK_MS = 6 * 60 * 60_000;
/** Idle connections are closed before stores close them. */
const IDLE_MS = 10_000;

/** Refused where keys have ended: Ceph says no more than AccessDenied then. Of a HEAD that is the answer about any object that is not there, without the right to list. */
const WRITES: ReadonlySet<string> = new Set(['PUT', 'POST']);
/** What other stores say of keys that have ended. */
const ENDED_KEYS: ReadonlySet<string> = new Set(['ExpiredToken', 'InvalidToken', 'TokenRefreshRequired', 'InvalidAccessKeyId']);

export interface Identities {
  /** Whose keys sign. */
  credentials: CredentialsReader;
  /** Who may have signed the endpoint's certificate. */
  authorities: AuthoritiesReader;
}

export function createSender(location: S3Location, { credentials: readCredentials, authorities: readAuthorities }: Identities, limits: ExchangeLimits, now: () => number): Sender {
  const { host, port, secure } = endpointOf(location);
  let pool: { ca: string | undefined; agent: http.Agent } | undefined;
  /** Connections were made under the authorities of their time: with others there are new ones, and idle ones close by themselves. */
  const connections = (ca: string | undefined): http.Agent => {
    if (!pool || pool.ca !== ca) {
      const options = { keepAlive: true, timeout: IDLE_MS };
      pool = { ca, agent: secure ? new https.Agent({ ...options, ...(ca !== undefined && { ca }) }) : new http.Agent(options) };
    }
    return pool.agent;
  };

  const run = async (request: S3Request, signal: AbortSignal, onChunk: (chunk: Buffer) => void, bounds: ExchangeLimits): Promise<Omit<Reply, 'body'>> => {
    signal.throwIfAborted();
    const credentials = await orAborted(readCredentials(), signal);
    const agent = connections(secure ? await readAuthorities() : undefined);
    const secrets = Object.values(credentials);
    const name = `${request.method} ${location.bucket}${request.key === undefined ? '' : `/${request.key}`}`;
    const answer = await signed(request, location, credentials)
      .then((options) => exchange({ options: { ...options, agent }, body: request.body ?? EMPTY, limits: bounds, signal, onChunk }))
      .catch((error: unknown) => {
        signal.throwIfAborted();
        throw error instanceof StorageError ? error : unreachable(error, `${name} at ${host}:${port}`, secrets);
      });
    const { httpStatus, headers } = answer;
    const unfit = (said: string): StorageError => new StorageError({ reason: DELIVERY_REASON.storeError, httpStatus, secrets, message: `${name}: HTTP ${httpStatus}, but ${said}` });
    if (isSuccess(httpStatus)) return { headers, unfit };
    const error = refused({ httpStatus, headers, body: answer.errorBody, request: name }, now(), secrets);
    if (error.reason === DELIVERY_REASON.accessDenied && (WRITES.has(request.method) || ENDED_KEYS.has(error.code ?? ''))) readCredentials.refused?.(credentials);
    throw error;
  };

  return {
    signsBodies: !secure,
    stream: async (request, signal, onChunk) => void (await run(request, signal, onChunk, { ...limits, requestMs: READ_BACK_MS })),
    async send(request, signal, maxBytes = MAX_ANSWER_BYTES) {
      const body = boundedBody(maxBytes, `${request.method} ${request.key ?? location.bucket}`);
      const { headers, unfit } = await run(request, signal, body.onChunk, limits);
      return { headers, body: body.whole(), unfit };
    },
  };
}

/** Making keys may take a while, and nobody waits for it after an abort. */
function orAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
