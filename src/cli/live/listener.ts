// Requests to a capture pod's live listener (protocol/live.ts), each over a connection of its own, as the listener has it.
import http, { type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { printable, shortened } from '../../api/printable.js';
import { LIVE_TARGETS_PATH, type LiveFrom } from '../../protocol/live.js';

/** To the listener's port. Rejects with a KubeError. */
export type Connect = (signal: AbortSignal) => Promise<Duplex>;

/** The listener said something else than 200. */
export class ListenerRefusal extends Error {
  override readonly name = 'ListenerRefusal';
  constructor(readonly status: number) {
    super(`the capture pod answered HTTP ${status}`);
  }
}

const MAX_HEADER_BYTES = 8192;
const ANSWER_MS = 10_000;

/** A stream of packets, as far as it has come. Rejects with a KubeError, a ListenerRefusal or what is wrong with the answer. */
export const requestPackets = (connect: Connect, token: string, target: string, from: LiveFrom, signal: AbortSignal): Promise<IncomingMessage> =>
  request(connect, token, `${LIVE_TARGETS_PATH}/${encodeURIComponent(target)}?from=${from}`, signal);

/** A session that nobody uses ends: this is a use. */
export async function touchSession(connect: Connect, token: string, signal: AbortSignal): Promise<void> {
  (await request(connect, token, LIVE_TARGETS_PATH, signal)).destroy();
}

async function request(connect: Connect, token: string, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  const connection = await connect(signal);
  try {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      const late = AbortSignal.timeout(ANSWER_MS);
      const giveUp = (): void => void connection.destroy(new Error(`the capture pod did not answer within ${ANSWER_MS / 1000} s`));
      late.addEventListener('abort', giveUp);
      const call = http.request({ createConnection: () => connection, path, maxHeaderSize: MAX_HEADER_BYTES, headers: { Host: 'localhost', Authorization: `Bearer ${token}` }, signal });
      call.on('response', (response) => {
        late.removeEventListener('abort', giveUp);
        if (response.statusCode === 200) return resolve(response);
        response.destroy();
        reject(new ListenerRefusal(response.statusCode ?? 0));
      });
      // A listener's or a kubelet's words: they may be anybody's.
      call.on('error', (error) => reject(Object.assign(error, { message: shortened(printable(error.message), 300) })));
      call.end();
    });
  } catch (error) {
    connection.destroy();
    throw error;
  }
}
