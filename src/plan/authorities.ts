// The authorities that a destination trusts: certificates in a ConfigMap, in place of the well-known ones.
import { X509Certificate } from 'node:crypto';
import type { CaptureDestinationSpec } from '../api/destination.js';
import { DESTINATION_REASON } from '../api/reasons.js';
import type { ObjectMeta } from './objects.js';

export interface ConfigMapObject {
  metadata: ObjectMeta;
  data?: Record<string, string>;
}

/** Key of a run's Secret, as AGENT_PATH.credentials has it. */
export const AUTHORITIES_KEY = 'ca.crt';
/** A Secret has room for 1 MiB, and every run has one. All well-known authorities together are 220 KiB. */
const AUTHORITIES_MAX_BYTES = 256 * 1024;

export type Authorities = { pem?: string; problem?: undefined } | { problem: { reason: string; message: string } };

type CARef = NonNullable<CaptureDestinationSpec['s3']['tls']>['caRef'];

/** The PEM certificates of a `caRef`: only those, whatever else stands between them. No `caRef`: the well-known authorities. */
export function authoritiesOf(caRef: CARef | undefined, namespace: string, configMap: ConfigMapObject | undefined): Authorities {
  if (!caRef) return {};
  const where = `ConfigMap "${namespace}/${caRef.name}"`;
  if (!configMap) return notFound(`${where} does not exist; create it with the authority's certificate (PEM) under the key ${caRef.key}, or correct spec.s3.tls.caRef`);
  const text = configMap.data?.[caRef.key];
  if (text === undefined) return notFound(`${where} has no key ${caRef.key}, only ${Object.keys(configMap.data ?? {}).join(', ') || 'none'}; add it, or correct spec.s3.tls.caRef.key`);
  if (Buffer.byteLength(text) > AUTHORITIES_MAX_BYTES) return invalid(`${where}: ${caRef.key} has ${Buffer.byteLength(text)} bytes, at most ${AUTHORITIES_MAX_BYTES} are taken; leave only the authorities that this store needs`);
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length === 0) return invalid(`${where}: ${caRef.key} holds no PEM certificate (-----BEGIN CERTIFICATE-----)`);
  for (const [index, certificate] of certificates.entries()) {
    try {
      new X509Certificate(certificate);
    } catch {
      return invalid(`${where}: certificate ${index + 1} of ${certificates.length} in ${caRef.key} can't be read; paste it anew, as PEM`);
    }
  }
  return { pem: `${certificates.join('\n')}\n` };
}

const notFound = (message: string): Authorities => ({ problem: { reason: DESTINATION_REASON.caNotFound, message } });
const invalid = (message: string): Authorities => ({ problem: { reason: DESTINATION_REASON.invalidCA, message } });
