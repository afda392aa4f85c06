// A proxy in front of a real store that does to chosen requests what networks and stores do on bad days.
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';

/** Counts are bytes of the request's body. */
export type Fault =
  | { kind: 'answer'; status: number; headers?: Record<string, string>; body?: string }
  /** An answer whose body never ends. */
  | { kind: 'endless'; status: number }
  /** The connection is reset after so many bytes. */
  | { kind: 'reset'; afterBytes: number }
  /** Nothing is read or answered any more after so many bytes. */
  | { kind: 'stall'; afterBytes: number }
  /** One byte is flipped on its way. */
  | { kind: 'corrupt'; atByte: number }
  /** The store does as asked; the connection is reset before its answer is through. */
  | { kind: 'loseAnswer' };

export interface SeenRequest {
  method: string;
  /** Path without query. */
  path: string;
  query: URLSearchParams;
  /** How many requests came before. */
  index: number;
}

export interface FaultProxy {
  endpoint: string;
  /** Every request so far, the faulty ones too. */
  seen: SeenRequest[];
  /** Chooses a request's fault. */
  decide: (request: SeenRequest) => Fault | undefined;
  close(): Promise<void>;
}

export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(target);
  const upstream = new http.Agent({ keepAlive: true });
  const server = http.createServer({ requestTimeout: 0, headersTimeout: 0 }, (request, response) => {
    const url = new URL(request.url ?? '/', target);
    const seen: SeenRequest = { method: request.method ?? '', path: url.pathname, query: url.searchParams, index: proxy.seen.length };
    proxy.seen.push(seen);
    const fault = proxy.decide(seen);
    if (fault?.kind === 'answer') return void response.writeHead(fault.status, fault.headers).end(fault.body);
    if (fault?.kind === 'endless') return babble(response.writeHead(fault.status));
    const onward = http.request({ hostname, port: port || 80, method: request.method, path: request.url, headers: request.headers, agent: upstream }, (answer) => {
      if (fault?.kind === 'loseAnswer') {
        answer.resume().on('end', () => request.socket.resetAndDestroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => {
      if (fault?.kind !== 'stall') request.socket.resetAndDestroy();
    });
    request.on('close', () => {
      if (!request.complete) onward.destroy();
    });
    forward(request, onward, fault);
  });
  const proxy: FaultProxy = {
    endpoint: '',
    seen: [],
    decide: () => undefined,
    close: () =>
      new Promise((resolve) => {
        upstream.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}

function forward(request: http.IncomingMessage, onward: http.ClientRequest, fault: Fault | undefined): void {
  let passed = 0;
  const limit = fault?.kind === 'reset' || fault?.kind === 'stall' ? fault.afterBytes : Infinity;
  const atLimit = (): void => {
    onward.destroy();
    if (fault?.kind === 'reset') request.socket.resetAndDestroy();
    else request.pause().removeAllListeners('data');
  };
  if (limit === 0) return atLimit();
  request.on('data', (chunk: Buffer) => {
    if (fault?.kind === 'corrupt' && fault.atByte >= passed && fault.atByte < passed + chunk.length) {
      const at = fault.atByte - passed;
      chunk[at] = (chunk[at] ?? 0) ^ 1;
    }
    passed += chunk.length;
    if (passed >= limit) return atLimit();
    if (!onward.write(chunk)) {
      request.pause();
      onward.once('drain', () => request.resume());
    }
  });
  request.on('end', () => onward.end());
}

function babble(response: http.ServerResponse): void {
  const more = (): void => {
    while (!response.destroyed && response.write('<Error>'.repeat(1000)));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
}
