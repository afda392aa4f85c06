// Whether a request carries the token of the session: compared by its hash, in the same time whatever it is.
import { createHash, timingSafeEqual } from 'node:crypto';
import { isLiveToken, isTokenHash } from '../../protocol/live.js';

const SCHEME = /^Bearer +(\S+)$/i;

export function mayRead(authorization: string | undefined, tokenSHA256: string): boolean {
  const token = SCHEME.exec(authorization ?? '')?.[1] ?? '';
  const isRight = timingSafeEqual(createHash('sha256').update(token).digest(), hashOf(tokenSHA256));
  return isRight && isLiveToken(token) && isTokenHash(tokenSHA256);
}

/** Of 32 bytes, whatever the text is. */
const hashOf = (tokenSHA256: string): Buffer => (isTokenHash(tokenSHA256) ? Buffer.from(tokenSHA256, 'hex') : Buffer.alloc(32));
