// An HTTP server whose paths misbehave: http-server.mjs PORT. /ok, /slow/MS, /reset, /status/CODE, /large/BYTES,
// /unread and, to have that one read after all, /read.
import { createServer } from 'node:http';

let readNow = () => {};
const waiting = new Promise((resolve) => (readNow = resolve));

const server = createServer(async (request, response) => {
  const [, what, value] = request.url.split('/');
  if (what === 'reset') return request.socket.resetAndDestroy();
  if (what === 'slow') await new Promise((resolve) => setTimeout(resolve, Number(value)));
  if (what === 'unread') await waiting;
  if (what === 'read') readNow();
  if (what === 'status') response.statusCode = Number(value);
  request.resume();
  request.on('end', () => response.end('x'.repeat(what === 'large' ? Number(value) : 200)));
});
server.listen(Number(process.argv[2]), '::', () => console.log('listening'));
