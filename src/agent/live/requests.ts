// What a request on the listener asks for. Whoever does not know the token is told nothing, whatever he asks.
import type { IncomingMessage } from 'node:http';
import { LIVE_TARGETS_PATH, type LiveFrom } from '../../protocol/live.js';
import { mayRead } from './token.js';

export type Asked = { list: true } | { target: string; from: LiveFrom } | { status: 400 | 401 | 404 | 405 };

export function askedBy({ method, url = '', headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>, tokenSHA256: string): Asked {
  if (!mayRead(headers.authorization, tokenSHA256)) return { status: 401 };
  if (method !== 'GET') return { status: 405 };
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0) return { status: 400 };
  // Compared as it is written: nothing in it is decoded or resolved.
  const [path = '', query = ''] = url.split('?', 2);
  if (path === LIVE_TARGETS_PATH) return { list: true };
  if (!path.startsWith(`${LIVE_TARGETS_PATH}/`)) return { status: 404 };
  const from = new URLSearchParams(query).get('from') ?? 'now';
  if (from !== 'now' && from !== 'start') return { status: 400 };
  return { target: path.slice(LIVE_TARGETS_PATH.length + 1), from };
}
