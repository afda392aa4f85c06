// One live session: its listener and its streams, from the moment control asks for it until it ends.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { LIVE_MOST_STREAMS } from '../../protocol/live.js';
import type { Handler } from './listener.js';
import type { Place } from './places.js';
import { askedBy, type Asked } from './requests.js';
import { PacketStream, type StreamedTarget } from './stream.js';
import { Turns } from './turns.js';

/** What is on its way to a client when the session ends may still arrive. */
const LINGER_MS = 500;
/** A savefile that is to go waits for its readers no longer. */
const REMOVAL_WAITS_MS = 1000;

export interface SessionTargets {
  names: () => string[];
  /** undefined: there is none of this name. */
  find: (name: string) => StreamedTarget | undefined;
}

export class LiveSession {
  /** When a client was last there, of the agent's monotonic clock. */
  usedMs: number;
  private server: Server | undefined;
  private hasEnded = false;
  private readonly streams = new Map<PacketStream, Promise<void>>();
  private readonly turns = new Turns();

  constructor(
    readonly tokenSHA256: string,
    private readonly targets: SessionTargets,
    private readonly monotonic: () => number,
  ) {
    this.usedMs = monotonic();
  }

  /** Rejects where the port is taken. */
  async open(port: number): Promise<number> {
    const handle: Handler = (request, response) => this.handle(request, response);
    // Node's HTTP takes as long to load as all the rest of an agent, and most have nobody who watches.
    const { listen } = await import('./listener.js');
    const server = await listen(port, handle);
    if (this.hasEnded) server.close();
    else this.server = server;
    return (server.address() as { port: number } | null)?.port ?? port;
  }

  get isUsed(): boolean {
    return this.streams.size > 0;
  }

  /** Resolves when no stream is open that could end by itself, or after `waitMs`. */
  async untilUnused(waitMs: number): Promise<void> {
    await within(waitMs, Promise.all(this.streams.values()));
  }

  /** Ends it for everybody. */
  async end(): Promise<void> {
    this.hasEnded = true;
    const { server } = this;
    server?.close();
    for (const stream of this.streams.keys()) stream.end();
    await within(LINGER_MS, Promise.all(this.streams.values()));
    server?.closeAllConnections();
  }

  /** Whether a savefile that is done with is still being read. */
  isReading(target: string, place: Place): boolean {
    return [...this.streams.keys()].some((stream) => stream.target.name === target && !stream.hasRead(place));
  }

  /** A savefile is about to go: its readers take what they need of it now, or lose their place. */
  async beforeRemoval(target: string, place: Place): Promise<void> {
    const readers = [...this.streams.keys()].filter((stream) => stream.target.name === target);
    if (readers.length === 0) return;
    const wasInTime = await within(REMOVAL_WAITS_MS, Promise.all(readers.map((stream) => stream.beforeRemoval(place))));
    if (!wasInTime) for (const stream of readers) stream.lose();
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    const asked = askedBy(request, this.tokenSHA256);
    if ('status' in asked && asked.status === 401) return refuse(response, 401, { 'WWW-Authenticate': 'Bearer' });
    this.usedMs = this.monotonic();
    this.answer(asked, response);
  }

  private answer(asked: Asked, response: ServerResponse): void {
    if ('status' in asked) return refuse(response, asked.status, asked.status === 405 ? { Allow: 'GET' } : {});
    if ('list' in asked) {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }).end(JSON.stringify({ targets: this.targets.names() }));
      return;
    }
    const target = this.targets.find(asked.target);
    if (!target) return refuse(response, 404);
    if (this.streams.size >= LIVE_MOST_STREAMS) return refuse(response, 503, { 'Retry-After': '1' });
    const places = [...this.streams.keys()].find((stream) => stream.target.name === target.name)?.places;
    const stream = new PacketStream(target, response, this.turns, places);
    const run = stream
      .run(asked.from)
      .catch(() => void response.destroy())
      .finally(() => {
        this.streams.delete(stream);
        this.usedMs = this.monotonic();
      });
    this.streams.set(stream, run);
    if (this.hasEnded) stream.end();
  }
}

function refuse(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'Content-Length': '0', ...headers }).end();
}

/** Whether it was over within `ms`. */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), ms)));
  const isDone = await Promise.race([work.then(() => true as const), late]);
  clearTimeout(timer);
  return isDone;
}
