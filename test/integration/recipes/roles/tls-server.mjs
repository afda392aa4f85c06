// A TLS server over IPv4 and IPv6: tls-server.mjs PORT OPTIONS. Of the options, in JSON, `key` and `cert` are files; it answers a Client Hello with a name after `delayMs`,
// with `reset` it answers with a RST, and with `http` it speaks HTTP inside.
import { readFileSync } from 'node:fs';
import { createServer as createTCPServer } from 'node:net';
import { createSecureContext, createServer } from 'node:tls';

const { key, cert, delayMs = 0, reset = false, http = false, ...options } = JSON.parse(process.argv[3]);
const context = { ...options, key: readFileSync(key), cert: readFileSync(cert) };
const SNICallback = (_name, answer) => setTimeout(() => answer(null, createSecureContext(context)), delayMs);
const ignore = () => {};
const server = reset
  ? createTCPServer((socket) => socket.on('error', ignore).once('data', () => socket.resetAndDestroy()))
  : createServer({ ...context, ...(delayMs > 0 && { SNICallback }) }, (socket) => socket.on('error', ignore).end(http ? 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' : 'hello\n')).on('tlsClientError', ignore);
server.listen(Number(process.argv[2]), '::', () => console.log('listening'));
