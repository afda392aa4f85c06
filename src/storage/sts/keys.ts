// The temporary keys in a token service's answer.
import { DELIVERY_REASON } from '../../api/reasons.js';
import type { Credentials } from '../credentials.js';
import { StorageError } from '../errors.js';
import { elementsOf, textOf } from '../s3/xml.js';

export interface TemporaryKeys {
  credentials: Credentials;
  /** By the service's clock, ms. */
  expirationMs: number;
}

/** What may stand in a header, and how long it may be. */
const SHAPES = { AccessKeyId: /^[!-~]{1,128}$/, SecretAccessKey: /^[!-~]{1,256}$/, SessionToken: /^[!-~]{1,16384}$/ } as const;

/** All of an answer that is used. Throws a StorageError that shows nothing of it. */
export function temporaryKeys(xml: string, where: string): TemporaryKeys {
  const credentials = elementsOf(xml, 'Credentials')[0];
  if (credentials === undefined) throw unusable(where, 'has no Credentials; is that a token service?');
  const read = (name: keyof typeof SHAPES): string => {
    const value = textOf(credentials, name)?.trim();
    if (value === undefined || !SHAPES[name].test(value)) throw unusable(where, value === undefined ? `has no ${name}` : `has a ${name} that none can be`);
    return value;
  };
  const expirationMs = Date.parse(textOf(credentials, 'Expiration') ?? '');
  if (!Number.isFinite(expirationMs)) throw unusable(where, 'does not say when the keys expire');
  return { credentials: { accessKeyId: read('AccessKeyId'), secretAccessKey: read('SecretAccessKey'), sessionToken: read('SessionToken') }, expirationMs };
}

const unusable = (where: string, what: string): StorageError => new StorageError({ reason: DELIVERY_REASON.storeError, message: `${where}: the answer ${what}` });
