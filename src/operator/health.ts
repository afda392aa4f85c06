// /healthz and /readyz. Healthy: the event loop answers, and nothing is known that only a restart mends. Ready: everything that exists was seen.
import { createServer, type Server } from 'node:http';

export interface Health {
  /** What only a restart mends; undefined: nothing. */
  ailment: () => string | undefined;
  /** Also of a standby: it could take over now. */
  isReady: () => boolean;
}

/** Listens on all addresses; port 0 lets the system choose. */
export function startHealthServer(port: number, { ailment, isReady }: Health): Promise<Server> {
  const problems: Record<string, () => string | undefined> = {
    '/healthz': ailment,
    '/readyz': () => (isReady() ? undefined : 'caches are not synced, or the operator stops'),
  };
  const server = createServer((request, response) => {
    const asked = problems[request.url ?? ''];
    const problem = asked?.();
    response.writeHead(asked ? (problem === undefined ? 200 : 503) : 404, { 'content-type': 'text/plain' }).end(asked ? `${problem ?? 'ok'}\n` : 'not found\n');
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => resolve(server));
  });
}
