// TLS in front of a store that speaks none: a certificate of a private authority, and bytes passed on as they are.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import * as net from 'node:net';
import { join } from 'node:path';
import * as tls from 'node:tls';
import { promisify } from 'node:util';

/** `certificate`: a file for NODE_EXTRA_CA_CERTS. `folder` keeps it and its key. */
export async function startTLSFront(target: string, folder: string): Promise<{ endpoint: string; certificate: string; close: () => Promise<void> }> {
  const { hostname, port } = new URL(target);
  const [certificate, key] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=store', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate]);
  const sockets = new Set<net.Socket>();
  const server = tls.createServer({ cert: await readFile(certificate), key: await readFile(key) }, (socket) => {
    const onward = net.connect(Number(port), hostname);
    for (const [from, to] of [[socket, onward], [onward, socket]] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy()).on('close', () => to.destroy()).pipe(to);
    }
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { endpoint: `https://127.0.0.1:${(server.address() as net.AddressInfo).port}`, certificate, close };
}
