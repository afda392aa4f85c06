// The code in a refusal: one word, or none.
import { textOf } from './s3/xml.js';

/** Of `<Code>`. Anything else that claims to be one is none, a secret that is said back neither. */
export function errorCode(xml: string, secrets: readonly string[]): string | undefined {
  const code = textOf(xml, 'Code');
  return code !== undefined && /^[A-Za-z][A-Za-z0-9._-]{0,63}$/.test(code) && !secrets.some((secret) => code.includes(secret)) ? code : undefined;
}
