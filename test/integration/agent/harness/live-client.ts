// The one who watches: asks an agent's live listener, and keeps what it says.
import { createHash, randomBytes } from 'node:crypto';
import { get, type IncomingMessage } from 'node:http';
import { eventually } from '../../eventually.js';
import type { AgentProcess } from './agent-process.js';
import { readSavefile, type Record } from './traffic.js';

export const newToken = (): string => randomBytes(32).toString('hex');
export const sessionOf = (token: string): { tokenSHA256: string } => ({ tokenSHA256: createHash('sha256').update(token).digest('hex') });

/** The port of an agent's `nth` session, once it listens. */
export function livePort(agent: AgentProcess, nth = 1): Promise<number> {
  return eventually(`live session number ${nth}`, () => {
    const port = agent.livePorts[nth - 1];
    if (port === undefined) throw new Error(agent.stderr);
    return port;
  });
}

export interface Answer {
  status: number;
  body: Buffer;
}

/** A request that is answered whole. */
export async function ask(port: number, path: string, token: string, method = 'GET'): Promise<Answer> {
  const response = await answered(port, path, token, method);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks) };
}

function answered(port: number, path: string, token: string, method = 'GET'): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, method, agent: false, headers: { authorization: `Bearer ${token}` } }, resolve).on('error', reject);
  });
}

/** A stream that is being read, as fast as it comes. */
export class Watching {
  private readonly chunks: Buffer[] = [];
  /** Resolves with the trailers when it has ended. */
  readonly ended: Promise<NodeJS.Dict<string>>;

  private constructor(private readonly response: IncomingMessage) {
    this.ended = new Promise((resolve) => {
      response.on('data', (chunk: Buffer) => this.chunks.push(chunk));
      response.on('close', () => resolve(response.trailers));
      response.on('error', () => undefined);
    });
  }

  static async from(port: number, target: string, token: string, from: 'now' | 'start' = 'start'): Promise<Watching> {
    const response = await answered(port, `/v1/targets/${target}?from=${from}`, token);
    if (response.statusCode !== 200) throw new Error(`answered ${response.statusCode}`);
    return new Watching(response);
  }

  /** Takes nothing any more. */
  stall(): void {
    this.response.pause();
  }

  goOn(): void {
    this.response.resume();
  }

  close(): void {
    this.response.destroy();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** Every packet so far, of what has ended. */
  get records(): Record[] {
    return readSavefile(this.bytes);
  }

  /** Up to the end of the last packet that came whole so far. */
  get whole(): Buffer {
    const { bytes } = this;
    let end = 24;
    while (end + 16 <= bytes.length && end + 16 + bytes.readUInt32LE(end + 8) <= bytes.length) end += 16 + bytes.readUInt32LE(end + 8);
    return bytes.length < 24 ? Buffer.alloc(0) : bytes.subarray(0, end);
  }

  /** The numbers of the packets that came whole so far. */
  get numbers(): number[] {
    return this.whole.length === 0 ? [] : readSavefile(this.whole).map(({ number }) => number);
  }
}
