// A DNS server over UDP and TCP, IPv4 and IPv6, that answers as the first label of a name says: dns-server.mjs PORT.
// ok, empty, nxdomain, servfail, never, late (after 3 s), or cut (by UDP; by TCP it is whole).
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const RCODE = { nxdomain: 3, servfail: 2 };
const TRUNCATED = 0x0200;
const ADDRESS = Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]);

/** Calls back with the answer to a query, if there is one. */
function answer(query, { byTCP }, reply) {
  const first = query.toString('latin1', 13, 13 + query[12]);
  // What stands behind the question (EDNS) is left out.
  let end = 12;
  while (query[end] !== 0) end += query[end] + 1;
  const isA = query.readUInt16BE(end + 1) === 1;
  const cut = first === 'cut' && !byTCP;
  const found = isA && !cut && ['ok', 'late', 'cut'].includes(first);
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8180 | (RCODE[first] ?? 0) | (cut ? TRUNCATED : 0), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(found ? 1 : 0, 6);
  const whole = Buffer.concat([head, query.subarray(12, end + 5), ...(found ? [ADDRESS] : [])]);
  if (first !== 'never') setTimeout(() => reply(whole), first === 'late' ? 3000 : 0);
}

const port = Number(process.argv[2]);
const byUDP = createSocket('udp6');
byUDP.on('message', (query, from) => answer(query, { byTCP: false }, (reply) => byUDP.send(reply, from.port, from.address)));
const byTCP = createServer((socket) =>
  // A query is so small that it comes in one piece, behind its length.
  socket.on('data', (data) => answer(data.subarray(2), { byTCP: true }, (reply) => socket.write(Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 0xff]), reply])))),
);
byUDP.bind(port, '::', () => byTCP.listen(port, '::', () => console.log('listening')));
