// The listener of a live session, on loopback alone: what reaches it is bounded in number, size and time.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

const HOST = '127.0.0.1';
/** Streams, and those that ask. */
const MOST_CONNECTIONS = 32;
const MOST_HEADER_BYTES = 8192;
const MOST_HEADERS = 64;
/** For a request to be there, from the connection's first moment on. */
export const REQUEST_MS = 5000;
/** Between two looks for those that are late. */
const LATE_LOOK_MS = 1000;

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Resolves when it listens; rejects where the port is taken. */
export async function listen(port: number, handle: Handler, requestMs = REQUEST_MS): Promise<Server> {
  const take: Handler = (request, response) => {
    // One request a connection: nothing that follows it is read as another.
    response.shouldKeepAlive = false;
    request.resume();
    handle(request, response);
  };
  const server = createServer({ maxHeaderSize: MOST_HEADER_BYTES, headersTimeout: requestMs, requestTimeout: requestMs, connectionsCheckingInterval: Math.min(LATE_LOOK_MS, requestMs), insecureHTTPParser: false }, take);
  server.maxConnections = MOST_CONNECTIONS;
  server.maxHeadersCount = MOST_HEADERS;
  server.maxRequestsPerSocket = 1;
  server.on('connect', (_request, socket) => socket.destroy());
  server.on('upgrade', (_request, socket) => socket.destroy());
  // Nobody is told to send a body.
  server.on('checkContinue', take);
  server.on('checkExpectation', take);
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: HOST }, resolve);
  });
  server.on('error', () => undefined);
  return server;
}
