// One exchange of a web identity token for temporary keys (AssumeRoleWithWebIdentity): bounded, without redirects, and without a word of the token in any error.
// minio's client has AssumeRole by static keys only, and sends by a socket of its own.
import * as https from 'node:https';
import { DELIVERY_REASON } from '../../api/reasons.js';
import { StorageError, unreachable } from '../errors.js';
import { boundedBody } from '../s3/bounded-body.js';
import { endpointOf } from '../s3/endpoint.js';
import { exchange, isSuccess, type ExchangeLimits } from '../s3/exchange.js';
import { hashed } from '../s3/hashed-body.js';
import { stsRefused } from './answer.js';
import { temporaryKeys, type TemporaryKeys } from './keys.js';

export interface Role {
  /** https://host[:port]; absent: AWS for the region. */
  stsEndpoint?: string | undefined;
  region: string;
  roleARN: string;
  /** What the store's own log calls the session: 2 to 64 letters, digits and `=,.@-_`. */
  sessionName: string;
  /** How long the keys are asked to last. Stores allow at least 900, and without more being set up 3600 at most. */
  durationSeconds: number;
}

export interface AssumeRoleOptions {
  /** PEM; absent: the well-known authorities. */
  ca?: string | undefined;
  limits?: ExchangeLimits;
  signal?: AbortSignal;
  now?: () => number;
}

const LIMITS: ExchangeLimits = { stallMs: 10_000, requestMs: 20_000 };
/** Keys and a session token; the longest known is 4 KiB. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** Of the API, as the SDKs send it. */
const API_VERSION = '2011-06-15';

/** Rejects with a StorageError, which never names an HTTP status: that of a token service says nothing about an object. */
export async function assumeRole(role: Role, token: string, { ca, limits = LIMITS, signal = new AbortController().signal, now = Date.now }: AssumeRoleOptions = {}): Promise<TemporaryKeys> {
  const { host, port, secure } = stsEndpointOf(role);
  const where = `AssumeRoleWithWebIdentity at ${host}:${port}`;
  // Its parts too: a service that repeats one of them says who may do what.
  const secrets = [token, ...token.split('.')];
  if (!secure) throw new StorageError({ reason: DELIVERY_REASON.accessDenied, message: `${where}: the token is only sent over https` });
  const body = Buffer.from(new URLSearchParams({ Action: 'AssumeRoleWithWebIdentity', Version: API_VERSION, RoleArn: role.roleARN, RoleSessionName: role.sessionName, DurationSeconds: String(role.durationSeconds), WebIdentityToken: token }).toString());
  const keys = boundedBody(MAX_ANSWER_BYTES, where);
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length, accept: 'application/xml' };
  const agent = new https.Agent({ keepAlive: false, ...(ca !== undefined && { ca }) });
  const answer = await exchange({ options: { protocol: 'https:', host, port, method: 'POST', path: '/', headers, agent }, body: hashed(body), limits, signal, onChunk: keys.onChunk }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error instanceof StorageError ? error : unreachable(error, where, secrets);
  });
  if (!isSuccess(answer.httpStatus)) throw stsRefused(answer, where, now(), secrets);
  return temporaryKeys(keys.whole().toString('utf8'), where);
}

/** Throws where the URL is none. */
export function stsEndpointOf({ stsEndpoint, region }: Role): ReturnType<typeof endpointOf> {
  return endpointOf({ region, endpoint: stsEndpoint ?? `https://sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}` });
}
