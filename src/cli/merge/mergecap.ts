// Wireshark's own merge, where it is on PATH.
import { spawn } from 'node:child_process';
import type { Peeked } from './ordered.js';

/** It opens all of them at once; shells allow 256 open files on some systems. */
export const MERGECAP_FILES = 200;

/** false: there is none, or it could not; what it wrote is of no use then. */
export async function mergecap(files: readonly Peeked[], path: string, { env, signal }: { env: Readonly<Record<string, string | undefined>>; signal: AbortSignal }): Promise<boolean> {
  const type = files.some(({ format }) => format.digits === 9) ? 'nsecpcap' : 'pcap';
  // Of packets of one time it takes that of the file named last.
  const inputs = files.map(({ input }) => input.path).reverse();
  const code = await new Promise<number | undefined>((resolve) => {
    const child = spawn('mergecap', ['-F', type, '-w', path, ...inputs], { env, stdio: 'ignore', signal });
    child.on('error', () => resolve(undefined)).on('close', (status) => resolve(status ?? undefined));
  });
  signal.throwIfAborted();
  return code === 0;
}
