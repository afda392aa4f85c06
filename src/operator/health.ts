// /healthz and /readyz: alive while the event loop turns; ready once everything that exists was seen.
import { createServer, type Server } from 'node:http';

export function startHealthServer(port: number, ready: () => boolean): Promise<Server> {
  const server = createServer((request, response) => {
    const known = request.url === '/healthz' || request.url === '/readyz';
    const ok = request.url === '/healthz' || (request.url === '/readyz' && ready());
    response.writeHead(known ? (ok ? 200 : 503) : 404, { 'content-type': 'text/plain' }).end(known ? (ok ? 'ok\n' : 'caches are not synced yet\n') : 'not found\n');
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => resolve(server));
  });
}
