// The body of a watch: one JSON document a line, each an event.
import type { Readable } from 'node:stream';
import { ERROR_REASON, errorFromStatus, KubeError } from './errors.js';
import type { WatchEvent } from './kube.js';
import type { KubeObject } from './object.js';

export async function* watchEvents<T extends KubeObject>(body: Readable): AsyncGenerator<WatchEvent<T>> {
  body.setEncoding('utf8');
  let rest = '';
  for await (const chunk of body as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    // What follows the last newline is not whole yet; at the end of the stream it never will be.
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield parseEvent<T>(line);
  }
}

function parseEvent<T extends KubeObject>(line: string): WatchEvent<T> {
  let event: { type?: string; object?: unknown };
  try {
    event = JSON.parse(line) as { type?: string; object?: unknown };
  } catch (error) {
    throw new KubeError({ status: 0, reason: ERROR_REASON.unexpected, message: `a watch sent what is not JSON: ${line.slice(0, 100)}`, cause: error });
  }
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type: event.type, object: event.object as T };
    case 'BOOKMARK':
      return { type: event.type, object: event.object as KubeObject };
    case 'ERROR':
      return { type: event.type, error: errorFromStatus(event.object) };
    default:
      throw new KubeError({ status: 0, reason: ERROR_REASON.unexpected, message: `a watch sent an event of type "${event.type ?? ''}"` });
  }
}
