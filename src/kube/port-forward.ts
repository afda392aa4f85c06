// One TCP connection to a port inside a pod, over a WebSocket to the API server: a Duplex, as Node's HTTP client takes it.
//
// Subprotocol v4.channel.k8s.io, which API servers and kubelets of every version speak: the first byte of a message names its channel, 0
// for data and 1 for the error that ended it, and each channel begins with the port in two bytes. It knows no half-closed connection.
import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';
import { Duplex } from 'node:stream';
import type { KubeConfig } from '@kubernetes/client-node';
import WebSocket from 'ws';
import { errorFromNetwork, errorFromResponse, ERROR_REASON, KubeError } from './errors.js';
import { PODS, resourcePath } from './resources.js';

const SUBPROTOCOL = 'v4.channel.k8s.io';
const CHANNEL = { data: 0, error: 1 } as const;
const PORT_BYTES = 2;
/** A kubelet sends 32 KiB at a time. */
const MAX_MESSAGE_BYTES = 16 * 2 ** 20;
/** Below the 60 s after which common load balancers forget a connection without a word. */
const PING_MS = 25_000;
const MAX_ERROR_TEXT = 4096;

export interface PodPort {
  namespace: string;
  pod: string;
  port: number;
}

export interface PortForwardOptions {
  userAgent: string;
  /** Until the WebSocket is open. */
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
}

/**
 * Resolves once the API server took the request: that something listens on the port shows in the first bytes, or in the error that destroys
 * the stream. Rejects with a KubeError: Forbidden needs `get` and `create` on pods/portforward.
 */
export async function openPortForward(kubeConfig: KubeConfig, { namespace, pod, port }: PodPort, { userAgent, timeoutMs = 10_000, signal }: PortForwardOptions): Promise<Duplex> {
  const cluster = kubeConfig.getCurrentCluster();
  if (!cluster) throw new Error(`kubeconfig: current-context "${kubeConfig.getCurrentContext()}" names no cluster`);
  const url = `${cluster.server.replace(/^http/, 'ws').replace(/\/$/, '')}${resourcePath(PODS, namespace, pod, 'portforward')}?ports=${port}`;
  const options: RequestOptions = {};
  await kubeConfig.applyToHTTPSOptions(options);
  const headers: Record<string, string> = { ...(options.headers as Record<string, string>), 'User-Agent': userAgent };
  // A token file may end in a newline, which is illegal in a header.
  if (headers['Authorization'] !== undefined) headers['Authorization'] = headers['Authorization'].trim();
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, [SUBPROTOCOL], {
      ...(options as object),
      headers,
      handshakeTimeout: timeoutMs,
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      followRedirects: false,
    });
    const abort = (): void => socket.terminate();
    const settle = (act: () => void): void => {
      signal?.removeEventListener('abort', abort);
      act();
    };
    socket.once('open', () => settle(() => resolve(new ForwardedConnection(socket))));
    socket.once('unexpected-response', (_request, response) => {
      void textOf(response).then((text) => settle(() => reject(errorFromResponse(response.statusCode ?? 0, text, response.headers['retry-after']))));
    });
    // Also after the rejection: terminating a socket that is not open yet is an error of it.
    socket.on('error', (error) => settle(() => reject(signal?.aborted ? new KubeError({ status: 0, reason: ERROR_REASON.aborted, message: 'the call was given up', cause: error }) : errorFromNetwork(error))));
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  try {
    for await (const chunk of response) if ((text += String(chunk)).length >= MAX_ERROR_TEXT) break;
  } catch {
    // What came is enough: the status says most.
  }
  return text;
}

class ForwardedConnection extends Duplex {
  readonly #socket: WebSocket;
  readonly #ping: NodeJS.Timeout;
  /** Of each channel, the bytes of the port that are still to come. */
  readonly #portLeft = { [CHANNEL.data]: PORT_BYTES, [CHANNEL.error]: PORT_BYTES };
  #said = '';

  constructor(socket: WebSocket) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    this.#ping = setInterval(() => socket.ping(), PING_MS);
    this.#ping.unref();
    socket.on('message', (data: Buffer) => this.#take(data));
    socket.on('error', (error) => this.destroy(errorFromNetwork(error)));
    socket.on('close', () => {
      if (this.#said !== '') this.destroy(new KubeError({ status: 0, reason: ERROR_REASON.network, message: this.#said }));
      // What was not read yet still is.
      else this.push(null);
    });
  }

  #take(message: Buffer): void {
    const channel = message[0];
    if (channel !== CHANNEL.data && channel !== CHANNEL.error) return;
    const skipped = Math.min(this.#portLeft[channel], message.length - 1);
    this.#portLeft[channel] -= skipped;
    const bytes = message.subarray(1 + skipped);
    if (bytes.length === 0) return;
    if (channel === CHANNEL.error) {
      this.#said = (this.#said + bytes.toString('utf8')).slice(0, MAX_ERROR_TEXT);
      // A kubelet leaves the connection open after it said why it is of no use.
      this.#socket.close();
    } else if (!this.push(bytes)) this.#socket.pause();
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket.send(Buffer.concat([Buffer.of(CHANNEL.data), chunk]), { binary: true }, done);
  }

  override _final(done: () => void): void {
    this.#socket.close();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearInterval(this.#ping);
    this.#socket.terminate();
    done(error);
  }

  /** What http asks of a socket. */
  setKeepAlive(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}
