// Asks for URLs one after the other, each on a connection of its own: http-client.mjs URL … Prints what came of each: the status, or the error's code.
// A URL with #BYTES posts so many; with #reset the client sends a RST once it has asked;
// with #pause it sends its request in two pieces, 2.5 s apart.
import { request as byHTTP } from 'node:http';
import { request as byTLS } from 'node:https';

const ask = (url) =>
  new Promise((resolve) => {
    const hash = new URL(url).hash.slice(1);
    const bytes = hash === 'pause' ? 20 : hash === 'reset' ? 0 : Number(hash);
    const asked = (url.startsWith('https:') ? byTLS : byHTTP)(url, { agent: false, rejectUnauthorized: false, method: bytes > 0 ? 'POST' : 'GET', headers: { 'content-length': bytes } }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    });
    asked.on('error', (error) => resolve(error.code));
    if (hash === 'reset') asked.on('finish', () => asked.socket.resetAndDestroy());
    if (hash === 'pause') {
      asked.write(Buffer.alloc(10, 'x'));
      setTimeout(() => asked.end(Buffer.alloc(10, 'x')), 2500);
    } else asked.end(Buffer.alloc(bytes, 'x'));
  });

const results = [];
for (const url of process.argv.slice(2)) results.push(await ask(url));
console.log(JSON.stringify(results));
