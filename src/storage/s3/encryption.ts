// Headers by which the store is asked to encrypt an object that is written.

export interface S3Encryption {
  /** SSES3 or SSEKMS. */
  type: string;
  /** Of SSEKMS. Absent: the bucket's own. */
  kmsKeyID?: string | undefined;
}

/** The header in which the store says how an object is encrypted. */
export const ENCRYPTION_HEADER = 'x-amz-server-side-encryption';
const KEY_HEADER = 'x-amz-server-side-encryption-aws-kms-key-id';

/** For `PUT` of an object and for the begin of a multipart upload; parts and their completion carry none. Throws where the type is unknown: nothing is written less protected than was asked for. */
export function encryptionHeaders(encryption: S3Encryption | undefined): Record<string, string> {
  if (encryption === undefined) return {};
  if (encryption.type === 'SSES3') return { [ENCRYPTION_HEADER]: 'AES256' };
  if (encryption.type === 'SSEKMS') return { [ENCRYPTION_HEADER]: 'aws:kms', ...(encryption.kmsKeyID !== undefined && { [KEY_HEADER]: encryption.kmsKeyID }) };
  throw new Error(`encryption type ${JSON.stringify(encryption.type)}: this version knows SSES3 and SSEKMS`);
}

/** What the header says, where it is of the kind that S3 says: AES256, aws:kms, aws:kms:dsse. It is shown to people. */
export const knownEncryption = (value: unknown): string | undefined => (typeof value === 'string' && /^(AES256|aws:[a-z:]{1,28})$/.test(value) ? value : undefined);
