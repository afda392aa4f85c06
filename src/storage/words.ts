// Words of stores and sockets made fit for people: short, printable, and without secrets.

const MAX_LENGTH = 500;

/**
 * The text without `secrets`, query strings (a presigned URL is a secret) and control characters, and cut.
 * `secrets` are whole values such as a key; one under four characters is no secret and would blank out letters.
 */
export function presentable(text: string, secrets: readonly string[] = []): string {
  let clean = text;
  for (const secret of secrets) if (secret.length >= 4) clean = clean.replaceAll(secret, '(redacted)');
  clean = clean.slice(0, 8 * MAX_LENGTH).replace(/(\bhttps?:\/\/[^\s?#"'<>]*)[?#][^\s"'<>]*/gi, '$1');
  // Without its scheme a presigned URL is still known by its parameters.
  clean = clean.replace(/\?[^\s"'<>]*(X-Amz-|Signature=|AWSAccessKeyId=)[^\s"'<>]*/gi, '');
  // eslint-disable-next-line no-control-regex -- control characters are what is taken out
  clean = clean.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
  return clean.length > MAX_LENGTH ? `${clean.slice(0, MAX_LENGTH)} …` : clean;
}
