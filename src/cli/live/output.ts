// Where packets are written: a pipe, or a file; never a terminal.
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import type { Io } from '../io.js';

export interface Output {
  stream: Writable;
  close: () => Promise<void>;
}

export async function openOutput(io: Io, file: string | undefined): Promise<Output> {
  if (file === undefined) {
    if (io.columns('stdout') !== undefined) throw new Failure('packets are nothing for a terminal: pipe them, for example | wireshark -k -i - or | tshark -i -, or write them to a file with -w FILE', EXIT.usage);
    return { stream: io.stdout, close: () => Promise.resolve() };
  }
  const path = resolve(io.cwd, file);
  const handle = await open(path, 'w', 0o600).catch((error: Error) => {
    throw new Failure(`-w ${file}: ${error.message}`);
  });
  const stream = handle.createWriteStream();
  return { stream, close: () => finished(stream.end()).catch(() => undefined) };
}
