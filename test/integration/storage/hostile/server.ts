// A bucket server of ill will: it reads requests as they come, and answers each with whatever bytes a test chooses.
import * as net from 'node:net';
import * as tls from 'node:tls';

export interface Heard {
  method: string;
  /** With its query, as it was sent. */
  path: string;
  /** By lower-case name. */
  headers: Record<string, string>;
  body: Buffer;
  /** Of its connection: 1 is the first. */
  nth: number;
}

export interface HostileServer {
  endpoint: string;
  port: number;
  /** Every request so far. */
  heard: Heard[];
  connections: number;
  /** At a connection, before a byte was read. */
  onConnection: (socket: net.Socket) => void;
  /** At a request's head; true: it was answered, its body is left unread. */
  onHead: (socket: net.Socket, heard: Heard) => boolean;
  /** At a whole request. */
  onRequest: (socket: net.Socket, heard: Heard) => void;
  close(): Promise<void>;
}

export async function startHostileServer(secure?: tls.TlsOptions): Promise<HostileServer> {
  const sockets = new Set<net.Socket>();
  const accept = (socket: net.Socket): void => {
    server.connections += 1;
    socket.on('error', () => undefined);
    server.onConnection(socket);
    listen(socket, server);
  };
  const listener = secure ? tls.createServer({ allowHalfOpen: true, ...secure }, accept) : net.createServer({ allowHalfOpen: true }, accept);
  listener.on('tlsClientError', () => undefined);
  // Of TLS, these are the connections below it: a handshake that failed has no other.
  listener.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as net.AddressInfo;
  const server: HostileServer = {
    endpoint: `${secure ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    heard: [],
    connections: 0,
    onConnection: () => undefined,
    onHead: () => false,
    onRequest: (socket) => void socket.write(answer(404)),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
  return server;
}

function listen(socket: net.Socket, server: HostileServer): void {
  let unread = Buffer.alloc(0);
  let nth = 0;
  let head: Heard | undefined;
  socket.on('data', (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk]);
    for (;;) {
      const end = head ? 0 : unread.indexOf('\r\n\r\n');
      if (end < 0) return;
      if (!head) {
        head = headOf(unread.subarray(0, end).toString('latin1'), ++nth);
        unread = unread.subarray(end + 4);
        server.heard.push(head);
        if (server.onHead(socket, head)) return void socket.removeAllListeners('data').resume();
      }
      const size = Number(head.headers['content-length'] ?? 0);
      if (unread.length < size) return;
      head.body = unread.subarray(0, size);
      unread = unread.subarray(size);
      const whole = head;
      head = undefined;
      server.onRequest(socket, whole);
    }
  });
}

function headOf(text: string, nth: number): Heard {
  const [first = '', ...lines] = text.split('\r\n');
  const [method = '', path = ''] = first.split(' ');
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  return { method, path, headers, body: Buffer.alloc(0), nth };
}

/** A well-formed answer; `headers` go in as they are. */
export const answer = (status: number | string, body: string | Buffer = '', ...headers: string[]): Buffer =>
  Buffer.concat([Buffer.from([`HTTP/1.1 ${status} So`, `Content-Length: ${Buffer.byteLength(body)}`, ...headers, '', ''].join('\r\n')), Buffer.from(body)]);

/** `start`, then `piece` for as long as anybody reads; `everyMs` absent: as fast as it is read. */
export function flood(socket: net.Socket, start: string, piece: string, everyMs?: number): void {
  socket.write(start);
  if (everyMs !== undefined) {
    const timer = setInterval(() => socket.write(piece), everyMs);
    return void socket.on('close', () => clearInterval(timer));
  }
  const more = (): void => {
    while (!socket.destroyed && socket.write(piece));
    if (!socket.destroyed) socket.once('drain', more);
  };
  more();
}
