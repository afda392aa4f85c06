// Sends numbered UDP datagrams: send.mjs ADDRESS PORT FIRST COUNT PER_SECOND BYTES. Prints `number from until` of each, the milliseconds between which it was sent.
// SIGTERM ends it after what it was sending, and nothing was sent that was not printed. While there is no route, nothing is.
import { createSocket } from 'node:dgram';
import { performance } from 'node:perf_hooks';

const [address, port, first, count, perSecond, bytes] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const socket = createSocket('udp4');
socket.on('error', () => {});
const body = Buffer.alloc(Math.max(bytes, 12), 'x');
const startMs = performance.now();
const log = [];
let sent = 0;
let ending = false;
process.on('SIGTERM', () => (ending = true));

await new Promise((resolve) => socket.bind(0, resolve));
while (sent < count && !ending) {
  const due = Math.min(count, Math.floor(((performance.now() - startMs) / 1000) * perSecond) + 1);
  const burst = [];
  for (let n = 0; sent < due && n < 200; n += 1, sent += 1) {
    body.write(`PKT${String(first + sent).padStart(9, '0')}`, 0, 'latin1');
    const copy = Buffer.from(body);
    const line = `${first + sent} ${Date.now()}`;
    const gone = (error) => error || log.push(line);
    burst.push(new Promise((resolve) => socket.send(copy, port, address, (error) => resolve(gone(error)))));
  }
  await Promise.all(burst);
  const untilMs = Date.now();
  process.stdout.write(log.splice(0).map((line) => `${line} ${untilMs}\n`).join(''));
  if (sent >= due) await new Promise((resolve) => setTimeout(resolve, 2));
}
socket.close();
