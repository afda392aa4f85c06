// Sends one datagram: udp-sender.mjs ADDRESS PORT BYTES.
import { createSocket } from 'node:dgram';

const [address, port, bytes] = process.argv.slice(2);
const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
socket.send(Buffer.alloc(Number(bytes), 'x'), Number(port), address, (error) => {
  if (error) throw error;
  socket.close();
  console.log('1');
});
