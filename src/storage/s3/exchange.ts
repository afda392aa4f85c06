// One HTTP request and its answer, both bounded in time, the answer in size too. Redirects are answers like any other.
import * as http from 'node:http';
import * as https from 'node:https';
import type { HashedBody } from './hashed-body.js';

export interface ExchangeLimits {
  /** Without a byte in either direction for so long the request is given up. */
  stallMs: number;
  /** However steadily bytes come, a request has ended by then. */
  requestMs: number;
}

export interface Exchange {
  options: http.RequestOptions;
  body: Pick<HashedBody, 'pieces'>;
  limits: ExchangeLimits;
  signal: AbortSignal;
  /** Takes the pieces of a success's body; throws to end the exchange. A body that is no success is collected instead, up to MAX_ERROR_BYTES. */
  onChunk: (chunk: Buffer) => void;
}

export interface Answer {
  httpStatus: number;
  headers: http.IncomingHttpHeaders;
  /** Body of an answer that is no success, perhaps cut. */
  errorBody: string;
}

/** More than any store's error; the rest is not read and the connection is closed. */
const MAX_ERROR_BYTES = 64 * 1024;
/** Interim answers (100, 103) before the answer. A store that goes on with them has none. */
const MAX_INTERIM = 100;
export const isSuccess = (httpStatus: number): boolean => httpStatus >= 200 && httpStatus < 300;

/** Rejects with the socket's error, or with an Error that says which limit was passed. */
export async function exchange(what: Exchange): Promise<Answer> {
  for (;;) {
    const turn = new Turn(what);
    try {
      return await turn.run();
    } catch (error) {
      // A kept connection that the store had closed meanwhile. Only what changes nothing is sent again: the rest is the caller's to ask about first.
      if (!turn.metClosedConnection(error) || what.signal.aborted) throw error;
    }
  }
}

class Turn {
  private readonly request: http.ClientRequest;
  private response: http.IncomingMessage | undefined;
  /** Why this side ended it; Node reports only that the socket closed, and not even that of a connection that the store made something else of. */
  private ended: Error | undefined;
  private rejectOver!: (reason: Error) => void;
  private readonly over = new Promise<never>((_, reject) => (this.rejectOver = reject));
  private interim = 0;

  constructor(private readonly what: Exchange) {
    const { options, limits } = what;
    const start = options.protocol === 'https:' ? https.request : http.request;
    this.request = start({ ...options, timeout: limits.stallMs });
    this.over.catch(() => undefined);
    this.request.on('timeout', () => this.end(new Error(`no byte in either direction for ${limits.stallMs / 1000} s`)));
    this.request.on('information', () => {
      if (++this.interim > MAX_INTERIM) this.end(new Error(`more than ${MAX_INTERIM} interim answers and no other`));
    });
    this.request.on('upgrade', (_answer, socket) => {
      socket.destroy();
      this.end(new Error('the answer is a change to another protocol, which nobody asked for'));
    });
  }

  async run(): Promise<Answer> {
    const { signal, limits, body } = this.what;
    const onAbort = (): void => this.end(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    const deadline = setTimeout(() => this.end(new Error(`not done within ${limits.requestMs / 1000} s`)), limits.requestMs);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const answered = new Promise<http.IncomingMessage>((resolve, reject) => this.request.on('response', resolve).on('error', reject));
      // A store may answer before it has read the body, and close: its answer counts, not the write that failed.
      this.write(body).catch((error: unknown) => this.request.destroy(error as Error));
      this.response = await Promise.race([answered, this.over]);
      return await Promise.race([this.read(this.response), this.over]);
    } catch (error) {
      throw this.ended ?? error;
    } finally {
      clearTimeout(deadline);
      signal.removeEventListener('abort', onAbort);
      if (!this.request.writableFinished || this.response?.complete !== true) this.request.destroy();
    }
  }

  /** Piece by piece: the next one takes this one's memory, and slow progress counts as progress, over TLS too. */
  private async write(body: Pick<HashedBody, 'pieces'>): Promise<void> {
    for await (const piece of body.pieces()) {
      if (this.request.destroyed) return;
      await new Promise<void>((resolve, reject) => this.request.write(piece, (error) => (error ? reject(error) : resolve())));
    }
    this.request.end();
  }

  metClosedConnection(error: unknown): boolean {
    const code = (error as NodeJS.ErrnoException | undefined)?.code;
    const safe = this.request.method === 'GET' || this.request.method === 'HEAD';
    return safe && this.request.reusedSocket && !this.response && !this.ended && (code === 'ECONNRESET' || code === 'EPIPE');
  }

  private async read(response: http.IncomingMessage): Promise<Answer> {
    const httpStatus = response.statusCode ?? 0;
    const kept: Buffer[] = [];
    let room = MAX_ERROR_BYTES;
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        if (isSuccess(httpStatus)) this.what.onChunk(chunk);
        else {
          kept.push(chunk.subarray(0, room));
          room -= chunk.length;
          if (room <= 0) break;
        }
      }
    } catch (error) {
      // A refusal stands, also where its words were cut off.
      if (isSuccess(httpStatus) || this.ended) throw error;
    }
    return { httpStatus, headers: response.headers, errorBody: Buffer.concat(kept).toString('utf8') };
  }

  private end(reason: Error): void {
    this.ended ??= reason;
    this.rejectOver(reason);
    this.request.destroy(reason);
  }
}

