// HTTP to the API server: address and credentials from a KubeConfig, one pool of kept-alive connections.
import http, { type IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import type { KubeConfig } from '@kubernetes/client-node';

export interface TransportRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With the query. */
  path: string;
  headers: Record<string, string>;
  body?: string | undefined;
  /** Aborting ends the request, and the body where it is still read. */
  signal: AbortSignal;
}

export interface TransportResponse {
  status: number;
  headers: IncomingHttpHeaders;
  body: Readable;
}

export interface Transport {
  send(request: TransportRequest): Promise<TransportResponse>;
  /** Closes connections that no call uses now. */
  dropIdle(): void;
}

/** Below the 60 s after which common load balancers forget a connection without a word. */
const IDLE_CONNECTION_MS = 30_000;
const TCP_KEEPALIVE_MS = 30_000;

export function httpsTransport(kubeConfig: KubeConfig): Transport {
  const cluster = kubeConfig.getCurrentCluster();
  if (!cluster) throw new Error(`kubeconfig: current-context "${kubeConfig.getCurrentContext()}" names no cluster`);
  const server = new URL(cluster.server);
  const protocol = server.protocol === 'http:' ? http : https;
  const pool = new protocol.Agent({ keepAlive: true, timeout: IDLE_CONNECTION_MS });
  let proxy: http.Agent | undefined;

  async function send({ method, path, headers, body, signal }: TransportRequest): Promise<TransportResponse> {
    // Each time, because tokens and certificates are rotated on disk; the pool keeps connections apart by certificate.
    const options: https.RequestOptions = {};
    await kubeConfig.applyToHTTPSOptions(options);
    if (cluster?.proxyUrl) proxy ??= options.agent as http.Agent;
    const allHeaders: http.OutgoingHttpHeaders = { ...headers, ...(options.headers as http.OutgoingHttpHeaders) };
    // A token file may end in a newline, which is illegal in a header.
    if (typeof allHeaders['Authorization'] === 'string') allHeaders['Authorization'] = allHeaders['Authorization'].trim();
    if (body !== undefined) allHeaders['Content-Length'] = Buffer.byteLength(body);
    return new Promise((resolve, reject) => {
      const request = protocol.request(
        {
          ...options,
          agent: proxy ?? pool,
          host: server.hostname.replace(/^\[|\]$/g, ''),
          port: server.port,
          path: server.pathname.replace(/\/$/, '') + path,
          method,
          headers: allHeaders,
          signal,
          // The pool's timeout is for idle connections: a watch may be silent for longer.
          timeout: 0,
        },
        (response) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: response }),
      );
      request.on('socket', (socket) => socket.setKeepAlive(true, TCP_KEEPALIVE_MS));
      request.on('error', reject);
      request.end(body);
    });
  }

  return {
    send,
    dropIdle: () => {
      for (const sockets of Object.values(pool.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
    },
  };
}
