// GET /metrics, for Prometheus: nothing else is answered, and nobody can make it work much or wait long.
import { createServer, type Server } from 'node:http';
import type { Log } from '../../kube/log.js';

export interface Exposition {
  contentType: string;
  exposition(): Promise<string>;
}

const MAX_HEADER_BYTES = 8192;
const MAX_CONNECTIONS = 64;
/** Prometheus' own limit for a scrape is 10 s by default. */
const TIMEOUT_MS = 10_000;
/** Who asks more often hears the same again. */
const FRESH_MS = 500;

/** Listens on all addresses; port 0 lets the system choose. */
export function startMetricsServer(port: number, metrics: Exposition, log: Log, now: () => number = () => performance.now()): Promise<Server> {
  const answer = atMostEvery(FRESH_MS, () => metrics.exposition(), now);
  const options = { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: TIMEOUT_MS, requestTimeout: TIMEOUT_MS, connectionsCheckingInterval: 1000 };
  const server = createServer(options, (request, response) => {
    const refuse = (status: number, words: string, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'text/plain', connection: 'close', ...headers }).end(`${words}\n`);
    };
    if (request.url?.split('?', 1)[0] !== '/metrics') return refuse(404, 'not found');
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'method not allowed', { allow: 'GET, HEAD' });
    answer().then(
      (text) => response.writeHead(200, { 'content-type': metrics.contentType, 'content-length': Buffer.byteLength(text) }).end(text),
      (error: unknown) => {
        log.error({ err: error }, 'metrics could not be told');
        refuse(500, 'metrics could not be told');
      },
    );
  });
  server.maxConnections = MAX_CONNECTIONS;
  // Also of a client that does not read.
  server.timeout = TIMEOUT_MS;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => resolve(server));
  });
}

/** One at a time, and its result for so long. */
function atMostEvery<T>(ms: number, make: () => Promise<T>, now: () => number): () => Promise<T> {
  let last: { at: number; made: Promise<T> } | undefined;
  return () => {
    if (last === undefined || now() - last.at >= ms) {
      const made = make();
      const at = Infinity;
      const entry = (last = { at, made });
      void made.then(
        () => (entry.at = now()),
        () => (last = last === entry ? undefined : last),
      );
    }
    return last.made;
  };
}
