// What a store's answer, or its silence, means for a download: told by kind, and never with a URL: whoever has that has the packets.

/**
 * refused: 401 or 403, as after the URL's time; gone: 404; changed: another object stands there now; range: no such bytes; again: worth another try;
 * unreachable: nobody answered at all; final: trying again changes nothing.
 */
export type StoreErrorKind = 'refused' | 'gone' | 'changed' | 'range' | 'again' | 'unreachable' | 'final';

export class StoreError extends Error {
  constructor(
    readonly kind: StoreErrorKind,
    /** Host and port. */
    readonly host: string,
    message: string,
  ) {
    super(`${host}: ${message}`);
    this.name = 'StoreError';
  }
}

/** From a status other than 200 and 206. `code`: of the store's own answer, AccessDenied. */
export function errorOfStatus(status: number, host: string, code: string | undefined, location: string | undefined): StoreError {
  const words = `HTTP ${status}${code === undefined ? '' : ` ${code}`}`;
  if (status === 401 || status === 403 || (status === 400 && /Expired/i.test(code ?? ''))) return new StoreError('refused', host, words);
  if (status === 404) return new StoreError('gone', host, `${words}: the bucket has no such object any more`);
  if (status === 412) return new StoreError('changed', host, words);
  if (status === 416) return new StoreError('range', host, words);
  if (status >= 500 || status === 429 || status === 408) return new StoreError('again', host, words);
  if (status >= 300 && status < 400) return new StoreError('final', host, `${words}: it sends elsewhere${to(location, host)}, and redirects are not followed; spec.s3.endpoint or externalEndpoint of the ClusterCaptureDestination has to name the bucket's own address`);
  return new StoreError('final', host, words);
}

function to(location: string | undefined, host: string): string {
  if (location === undefined || !URL.canParse(location, `http://${host}`)) return '';
  return `, to ${new URL(location, `http://${host}`).host}`;
}

const CERTIFICATE = /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/;
const UNREACHABLE = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EADDRNOTAVAIL']);

/** From what a socket threw. */
export function errorOfSocket(error: unknown, host: string): StoreError {
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const { code = '', message = '' } = (first ?? {}) as { code?: string; message?: string };
  if (CERTIFICATE.test(code)) return new StoreError('final', host, `its certificate is not trusted here (${code}); --ca-file FILE, or NODE_EXTRA_CA_CERTS, names the authority that signed it`);
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) return new StoreError('final', host, `no TLS is spoken there (${code})`);
  if (UNREACHABLE.has(code)) return new StoreError('unreachable', host, code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? `this name is not known here (${code})` : code);
  // Messages of sockets name addresses; one of a URL would name its query.
  return new StoreError('again', host, code !== '' ? code : /https?:|\?/.test(message) ? 'the connection broke' : message);
}
