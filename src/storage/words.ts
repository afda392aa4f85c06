// Words of stores and sockets made fit for people: short, printable, and without secrets.
import { withoutUnseen } from '../api/printable.js';

const MAX_LENGTH = 500;

/**
 * The text without `secrets`, signatures, query strings (a presigned URL is a secret) and unseen characters, and cut.
 * `secrets` are whole values such as a key; one under four characters is no secret and would blank out letters.
 */
export function presentable(text: string, secrets: readonly string[] = []): string {
  let clean = text;
  for (const secret of secrets) if (secret.length >= 4) clean = clean.replaceAll(secret, '(redacted)');
  clean = clean.slice(0, 8 * MAX_LENGTH).replace(/(\bhttps?:\/\/[^\s?#"'<>]*)[?#][^\s"'<>]*/gi, '$1');
  // Without its scheme a presigned URL is still known by its parameters.
  clean = clean.replace(/\?[^\s"'<>]*(X-Amz-|Signature=|AWSAccessKeyId=)[^\s"'<>]*/gi, '');
  // A store may say a request's own Authorization header back.
  clean = clean.replace(/\bSignature=[0-9a-f]{16,}/gi, 'Signature=(redacted)');
  clean = withoutUnseen(clean, ' ').trim();
  return clean.length > MAX_LENGTH ? `${withoutUnseen(clean.slice(0, MAX_LENGTH), '')} …` : clean;
}
