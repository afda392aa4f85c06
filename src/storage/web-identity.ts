// Keys made of the pod's own token: exchanged when they are needed, renewed before they expire and where the store refuses them.
import { DELIVERY_REASON } from '../api/reasons.js';
import type { AuthoritiesReader } from './authorities.js';
import { readAtMost } from './bounded-file.js';
import type { Credentials, CredentialsReader } from './credentials.js';
import { StorageError } from './errors.js';
import { assumeRole, stsEndpointOf, type AssumeRoleOptions, type Role } from './sts/assume-role.js';
import type { TemporaryKeys } from './sts/keys.js';

export type TokenReader = () => Promise<string>;

export interface WebIdentity extends Role {
  token: TokenReader;
  /** Who may have signed the certificate of the token service: those of the store. */
  authorities: AuthoritiesReader;
}

export interface WebIdentityOptions extends Pick<AssumeRoleOptions, 'limits' | 'now'> {
  /** For how long keys are used: a wall clock that is set back must not prolong it. */
  monotonic?: () => number;
  exchange?: typeof assumeRole;
}

/** Keys are renewed when three quarters of their time are over: the rest is for a token service that is away. */
const RENEWED_AFTER = 0.75;
/** Bounds what a wrong clock, here or there, makes of an expiration. */
const MIN_LIFE_MS = 60_000;
/** While the old keys last, a token service that is away is asked again no sooner. */
const RETRY_MS = 15_000;

interface Held extends Pick<TemporaryKeys, 'credentials'> {
  renewMs: number;
  endMs: number;
}

/** A reader whose keys are shared by all who ask; one exchange at a time. */
export function credentialsFromWebIdentity({ token, authorities, ...role }: WebIdentity, { limits, now = Date.now, monotonic = () => performance.now(), exchange = assumeRole }: WebIdentityOptions = {}): CredentialsReader {
  // Throws where it is no endpoint: at the start, not at a try that is then given up.
  stsEndpointOf(role);
  let held: Held | undefined;
  let underWay: Promise<Credentials> | undefined;

  async function renew(): Promise<Credentials> {
    try {
      const { credentials, expirationMs } = await exchange(role, await token(), { ca: await authorities(), now, ...(limits && { limits }) });
      const lifeMs = Math.min(Math.max(expirationMs - now(), MIN_LIFE_MS), role.durationSeconds * 1000);
      held = { credentials, renewMs: monotonic() + RENEWED_AFTER * lifeMs, endMs: monotonic() + lifeMs };
      return credentials;
    } catch (error) {
      if (!held || monotonic() >= held.endMs) throw error;
      held.renewMs = monotonic() + RETRY_MS;
      return held.credentials;
    }
  }

  const read = async (): Promise<Credentials> => {
    if (held && monotonic() < held.renewMs) return held.credentials;
    underWay ??= renew().finally(() => (underWay = undefined));
    return underWay;
  };
  return Object.assign(read, {
    refused: (keys: Credentials) => {
      if (held?.credentials === keys) held = undefined;
    },
  });
}

/** A service account's token is about 1 KiB. */
const MAX_TOKEN_BYTES = 16 * 1024;

/** Reads the token anew each time: the kubelet renews it, by swapping a symlink. */
export function tokenFromFile(path: string): TokenReader {
  return async () => {
    const content = await readAtMost(path, MAX_TOKEN_BYTES).catch((error: unknown) => {
      throw noToken(`${path}: the token cannot be read: ${String((error as NodeJS.ErrnoException).code)}`);
    });
    const token = content?.toString('latin1').trim() ?? '';
    if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) throw noToken(`${path}: what stands there is no token of a service account`);
    return token;
  };
}

const noToken = (message: string): StorageError => new StorageError({ reason: DELIVERY_REASON.accessDenied, message });
