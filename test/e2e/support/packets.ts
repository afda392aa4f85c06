// What is in pcaps, as tshark reads them.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { content, pcaps } from './bucket.js';

/** Fields of every packet that a display filter passes, of one file. */
async function fieldsOf(bytes: Buffer, displayFilter: string, fields: string[]): Promise<string[][]> {
  const folder = await mkdtemp(join(tmpdir(), 'pcap-'));
  try {
    const file = join(folder, 'file.pcap');
    await writeFile(file, bytes);
    const args = ['-n', '-r', file, ...(displayFilter === '' ? [] : ['-Y', displayFilter]), '-T', 'fields', '-E', 'separator=/t', ...fields.flatMap((field) => ['-e', field])];
    const text = await new Promise<string>((resolve, reject) => {
      execFile('tshark', args, { maxBuffer: 512 * 2 ** 20 }, (error, stdout, stderr) => (error ? reject(new Error(`tshark: ${stderr}`)) : resolve(stdout)));
    });
    return text.split('\n').filter((line) => line !== '').map((line) => line.split('\t'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same of every pcap of a run. */
export async function packets(prefix: string, displayFilter: string, fields: string[], bucket?: string): Promise<string[][]> {
  const rows: string[][] = [];
  for (const { key } of await pcaps(prefix, bucket)) rows.push(...(await fieldsOf(await content(key, bucket), displayFilter, fields)));
  return rows;
}

/** Datagrams to a port. Where nobody listens, the pod's ICMP answers quote them. */
const datagrams = (port: number): string => `udp.dstport == ${port} && !icmp`;

/** The numbers in the payloads of the datagrams to a port, in the order of the files. */
export async function numbers(prefix: string, port: number, bucket?: string): Promise<number[]> {
  const rows = await packets(prefix, datagrams(port), ['udp.payload'], bucket);
  return rows.map(([payload]) => numberIn(payload));
}

/** The same of one file's bytes. */
export async function numbersIn(bytes: Buffer, port: number): Promise<number[]> {
  return bytes.length === 0 ? [] : (await fieldsOf(bytes, datagrams(port), ['udp.payload'])).map(([payload]) => numberIn(payload));
}

/** The same of files of this machine. */
export async function numbersInFiles(files: string[], port: number): Promise<number[]> {
  const found: number[] = [];
  for (const file of files) found.push(...(await numbersIn(await readFile(file), port)));
  return found;
}

/** The same as `numbers`, each with its time. */
export async function timedNumbers(prefix: string, port: number, bucket?: string): Promise<{ number: number; timeMs: number }[]> {
  const rows = await packets(prefix, datagrams(port), ['udp.payload', 'frame.time_epoch'], bucket);
  return rows.map(([payload, time]) => ({ number: numberIn(payload), timeMs: Number(time) * 1000 }));
}

const numberIn = (payload: string | undefined): number => Number(Buffer.from((payload ?? '').replaceAll(':', ''), 'hex').subarray(0, 10).toString());

/** What was sent and is there not exactly once. */
export function account(found: number[], sent: number): { missing: number[]; doubled: number[] } {
  const times = new Map<number, number>();
  for (const n of found) times.set(n, (times.get(n) ?? 0) + 1);
  const missing: number[] = [];
  for (let n = 0; n < sent; n += 1) if (!times.has(n)) missing.push(n);
  return { missing, doubled: [...times].filter(([, count]) => count > 1).map(([n]) => n) };
}
