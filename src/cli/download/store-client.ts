// GET of an object by its presigned URL: ranges, a limit on silence, no redirects.
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { rootCertificates } from 'node:tls';
import { errorOfSocket, errorOfStatus, StoreError } from './store-error.js';

export interface StoreClientOptions {
  /** Objects at a time. */
  parallel: number;
  /** PEM of authorities that are trusted besides the well-known ones. */
  authorities?: string | undefined;
  /** HTTPS_PROXY, HTTP_PROXY, NO_PROXY: Node 24.5 and later use them. */
  env: Readonly<Record<string, string | undefined>>;
  /** So long without a byte is the end of a try. */
  stallMs?: number;
  /** So long for a connection to a host that has never answered. */
  connectMs?: number;
}

export interface Wanted {
  /** First byte that is asked for. */
  from: number;
  /** Of the answer that the bytes before `from` came in. */
  etag?: string | undefined;
  signal: AbortSignal;
}

export interface Receiver {
  /** The bytes that follow stand from here in the object: 0 where the store ignores ranges. */
  begin(start: number, etag: string | undefined): Promise<void>;
  chunk(bytes: Buffer): Promise<void>;
}

const STALL_MS = 60_000;
const CONNECT_MS = 15_000;
const MAX_ERROR_BYTES = 4096;

export class StoreClient {
  private readonly agents: { 'http:': http.Agent; 'https:': https.Agent };
  private readonly heard = new Set<string>();

  constructor(private readonly options: StoreClientOptions) {
    // proxyEnv: https://nodejs.org/api/http.html#built-in-proxy-support; unknown to older Nodes, which ignore it.
    const common = { keepAlive: true, maxSockets: options.parallel + 1, proxyEnv: options.env };
    const ca = options.authorities === undefined ? {} : { ca: [...rootCertificates, options.authorities] };
    this.agents = { 'http:': new http.Agent(common), 'https:': new https.Agent({ ...common, ...ca }) };
  }

  /** Whether this host has ever answered. */
  hasHeard = (host: string): boolean => this.heard.has(host);

  close(): void {
    for (const agent of Object.values(this.agents)) agent.destroy();
  }

  /** Resolves when the answer is through. Throws a StoreError, the signal's reason, or what the receiver threw. */
  async get(address: string, { from, etag, signal }: Wanted, receiver: Receiver): Promise<void> {
    const url = parsed(address);
    const headers = { 'Accept-Encoding': 'identity', ...(from > 0 && { Range: `bytes=${from}-`, ...(etag !== undefined && { 'If-Match': etag }) }) };
    const silence = new Silence(url.host, signal, this.options.stallMs ?? STALL_MS);
    const received = { error: undefined as unknown };
    const take = (work: Promise<void>): Promise<void> => work.catch((error: unknown) => { throw (received.error = error); });
    try {
      if (!this.heard.has(url.host)) silence.within(this.options.connectMs ?? CONNECT_MS, 'unreachable');
      const answer = await this.send(url, headers, silence.signal);
      this.heard.add(url.host);
      silence.heard();
      const { start, tag } = await accepted(answer, url.host, from);
      await take(receiver.begin(start, tag));
      for await (const bytes of answer as AsyncIterable<Buffer>) {
        // The disk's time is not the store's silence.
        silence.pause();
        await take(receiver.chunk(bytes));
        silence.heard();
      }
    } catch (error) {
      throw error === received.error ? error : silence.explain(error);
    } finally {
      silence.end();
    }
  }

  private send(url: URL, headers: http.OutgoingHttpHeaders, signal: AbortSignal): Promise<IncomingMessage> {
    const protocol = url.protocol as keyof typeof this.agents;
    return new Promise((resolve, reject) => {
      const request = (protocol === 'https:' ? https : http).get(url, { headers, signal, agent: this.agents[protocol] }, resolve);
      request.on('error', (error) => reject(errorOfSocket(error, url.host)));
    });
  }
}

function parsed(address: string): URL {
  if (!URL.canParse(address)) throw new StoreError('final', 'the store', 'the operator gave no URL that can be read');
  const url = new URL(address);
  if (!['http:', 'https:'].includes(url.protocol) || url.username !== '') throw new StoreError('final', url.host, `the operator gave a URL of ${url.protocol}//, not of http or https`);
  return url;
}

/** Where the bytes of a good answer begin. */
async function accepted(answer: IncomingMessage, host: string, from: number): Promise<{ start: number; tag: string | undefined }> {
  const status = answer.statusCode ?? 0;
  const tag = answer.headers.etag?.startsWith('"') ? answer.headers.etag : undefined;
  if (status === 200) return { start: 0, tag };
  if (status === 206) {
    const start = Number(/^bytes (\d{1,15})-/.exec(answer.headers['content-range'] ?? '')?.[1] ?? NaN);
    if (start !== from) throw new StoreError('range', host, `it gave other bytes than those from ${from} on`);
    return { start, tag };
  }
  throw errorOfStatus(status, host, /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(await beginning(answer))?.[1], answer.headers.location);
}

async function beginning(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const bytes of answer as AsyncIterable<Buffer>) {
    text += bytes.toString('latin1');
    if (text.length >= MAX_ERROR_BYTES) break;
  }
  return text;
}

/** Ends a request in which nothing comes any more, and knows afterwards why it ended. */
class Silence {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private reason: StoreError | undefined;

  constructor(
    private readonly host: string,
    private readonly caller: AbortSignal,
    private readonly stallMs: number,
  ) {
    caller.addEventListener('abort', this.abort, { once: true });
    if (caller.aborted) this.abort();
    this.heard();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  private readonly abort = (): void => this.controller.abort();

  within(ms: number, kind: 'again' | 'unreachable'): void {
    this.pause();
    this.timer = setTimeout(() => {
      this.reason = new StoreError(kind, this.host, `nothing came within ${Math.round(ms / 1000)} s`);
      this.abort();
    }, ms);
  }

  heard = (): void => this.within(this.stallMs, 'again');
  pause = (): void => clearTimeout(this.timer);

  explain(error: unknown): unknown {
    if (this.caller.aborted) return this.caller.reason;
    if (this.reason) return this.reason;
    // What is none came from the body's stream.
    return error instanceof StoreError ? error : errorOfSocket(error, this.host);
  }

  end(): void {
    this.pause();
    this.caller.removeEventListener('abort', this.abort);
  }
}
