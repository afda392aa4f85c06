// A proxy in front of a real store that does to chosen requests what networks and stores do on bad days.
import { createHash } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, SeenRequest } from './fault.js';

export { schedule, type Fault, type Rule, type SeenRequest } from './fault.js';

export interface FaultProxyOptions {
  /** Address to listen at; 127.0.0.1. */
  host?: string;
  /** 0: a free one. */
  port?: number;
  /** PEM; the proxy then speaks TLS to its clients. */
  tls?: { cert: string | Buffer; key: string | Buffer };
}

export interface FaultProxy {
  /** URL of the proxy: `http(s)://host:port`. Stays the same over `down` and `up`. */
  endpoint: string;
  /** Every request so far, the faulty ones too. */
  seen: SeenRequest[];
  /** Chooses a request's fault; `schedule([...])` makes one of rules. */
  decide: (request: SeenRequest) => Fault | undefined;
  /** Ends every connection and refuses new ones. */
  down(): Promise<void>;
  /** Listens again, at the same address. */
  up(): Promise<void>;
  close(): Promise<void>;
}

export async function startFaultProxy(target: string, { host = '127.0.0.1', port = 0, tls }: FaultProxyOptions = {}): Promise<FaultProxy> {
  const upstream = new http.Agent({ keepAlive: true });
  const sockets = new Set<Socket>();
  const proxy: FaultProxy = {
    endpoint: '',
    seen: [],
    decide: () => undefined,
    async down() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.resetAndDestroy();
      server.closeAllConnections();
      await closed;
    },
    async up() {
      if (!server.listening) await listen();
    },
    async close() {
      upstream.destroy();
      if (server.listening) await proxy.down();
    },
  };
  const onRequest = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    const url = new URL(request.url ?? '/', target);
    const key = decodeURIComponent(url.pathname.split('/').slice(2).join('/'));
    const seen: SeenRequest = { method: request.method ?? '', path: url.pathname, key, query: url.searchParams, index: proxy.seen.length };
    proxy.seen.push(seen);
    serve({ request, response, target: new URL(target), upstream }, proxy.decide(seen));
  };
  const limits = { requestTimeout: 0, headersTimeout: 0 };
  const server = tls ? https.createServer({ ...limits, cert: tls.cert, key: tls.key }, onRequest) : http.createServer(limits, onRequest);
  server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  let listenPort = port;
  const listen = (): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(listenPort, host, () => (server.off('error', reject), resolve()));
    });
  await listen();
  listenPort = (server.address() as AddressInfo).port;
  proxy.endpoint = `${tls ? 'https' : 'http'}://${host}:${listenPort}`;
  return proxy;
}

interface Passage {
  request: http.IncomingMessage;
  response: http.ServerResponse;
  target: URL;
  upstream: http.Agent;
}

function serve(passage: Passage, fault: Fault | undefined): void {
  const { request, response } = passage;
  switch (fault?.kind) {
    case 'answer':
      return void response.writeHead(fault.status, fault.headers).end(fault.body);
    case 'endless':
      return babble(response.writeHead(fault.status));
    case 'swallow':
      return swallow(request, response);
    case 'delay':
      return void sleep(fault.ms).then(() => request.destroyed || passOn(passage, undefined));
    default:
      return passOn(passage, fault);
  }
}

function passOn({ request, response, target, upstream }: Passage, fault: Fault | undefined): void {
  const { hostname, port } = target;
  const onward = http.request({ hostname, port: port || 80, method: request.method, path: request.url, headers: request.headers, agent: upstream }, (answer) => passBack(request, answer, response, fault));
  onward.on('error', () => {
    if (fault?.kind !== 'stall') request.socket.resetAndDestroy();
  });
  // A client that went takes its request with it.
  response.on('close', () => {
    if (!response.writableFinished) onward.destroy();
  });
  forward(request, onward, fault);
}

function forward(request: http.IncomingMessage, onward: http.ClientRequest, fault: Fault | undefined): void {
  let passed = 0;
  /** The chunk that a throttle holds back: a request may end before it has gone on. */
  let heldBack = Promise.resolve();
  const limit = fault?.kind === 'reset' || fault?.kind === 'stall' ? fault.afterBytes : Infinity;
  const atLimit = (): void => {
    onward.destroy();
    if (fault?.kind === 'reset') request.socket.resetAndDestroy();
    else request.pause().removeAllListeners('data');
  };
  if (limit === 0) return atLimit();
  request.on('data', (chunk: Buffer) => {
    if (fault?.kind === 'corrupt') flip(chunk, fault.atByte - passed);
    passed += chunk.length;
    if (passed >= limit) return atLimit();
    if (fault?.kind === 'throttle') {
      request.pause();
      // Before it goes on: a store answers as soon as it has all of a body.
      heldBack = sleep((chunk.length / fault.bytesPerSecond) * 1000).then(() => {
        onward.write(chunk);
        request.resume();
      });
    } else if (!onward.write(chunk)) {
      request.pause();
      onward.once('drain', () => request.resume());
    }
  });
  request.on('end', () => void heldBack.then(() => onward.end()));
}

function passBack(request: http.IncomingMessage, answer: http.IncomingMessage, response: http.ServerResponse, fault: Fault | undefined): void {
  answer.on('error', () => request.socket.resetAndDestroy());
  if (fault?.kind === 'loseAnswer') {
    answer.resume().on('end', () => request.socket.resetAndDestroy());
    return;
  }
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  if (fault?.kind !== 'stallAnswer' && fault?.kind !== 'cutAnswer' && fault?.kind !== 'corruptAnswer') return void answer.pipe(response);
  response.flushHeaders();
  let passed = 0;
  const limit = fault.kind === 'corruptAnswer' ? Infinity : fault.afterBytes;
  answer.on('data', (chunk: Buffer) => {
    if (fault.kind === 'corruptAnswer') flip(chunk, fault.atByte - passed);
    const room = limit - passed;
    if (room > 0) response.write(chunk.subarray(0, room));
    passed += chunk.length;
  });
  answer.on('end', () => {
    if (fault.kind === 'corruptAnswer') response.end();
    // What was written is on its way before the reset overtakes it.
    else if (fault.kind === 'cutAnswer') response.write('', () => setImmediate(() => request.socket.resetAndDestroy()));
  });
}

/** Flips one bit of the byte at `at`, where the chunk has it. */
function flip(chunk: Buffer, at: number): void {
  if (at >= 0 && at < chunk.length) chunk[at] = (chunk[at] ?? 0) ^ 1;
}

function swallow(request: http.IncomingMessage, response: http.ServerResponse): void {
  const md5 = createHash('md5');
  request.on('data', (chunk: Buffer) => md5.update(chunk));
  request.on('end', () => response.writeHead(200, { etag: `"${md5.digest('hex')}"` }).end());
}

function babble(response: http.ServerResponse): void {
  const more = (): void => {
    while (!response.destroyed && response.write('<Error>'.repeat(1000)));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
}
