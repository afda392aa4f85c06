// What tshark shows of a file, with its preferences as they come but for those that are named, and with both passes over the file, as Wireshark makes them.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** A savefile, and the settings with which it is read. */
export interface Shown {
  file: string;
  preferences: readonly string[];
}
const tshark = async ({ file, preferences }: Shown, ...args: string[]): Promise<string> => (await run('tshark', ['-2', '-n', '-r', file, ...preferences.flatMap((one) => ['-o', one]), ...args], { maxBuffer: 64 * 2 ** 20 })).stdout;

/** How many frames each display filter shows. */
export async function framesOf(file: Shown, filters: readonly string[]): Promise<number[]> {
  const counted = await countedTogether(file, filters.filter((filter) => !quotes(filter)));
  return Promise.all(filters.map(async (filter) => (quotes(filter) ? (await fieldsOf(file, filter, ['frame.number'])).length : (counted.shift() as number))));
}

/** The count of many filters in one run leaves out packets that quote another one, as ICMP does of what it complains about. */
const quotes = (filter: string): boolean => filter.includes('icmp');

/** In one run: a tshark takes its time to begin. A comma within a filter would be taken for the end of it. */
async function countedTogether(file: Shown, filters: readonly string[]): Promise<number[]> {
  const wrong = filters.filter((filter) => filter.includes(','));
  if (wrong.length > 0) throw new Error(`cannot be counted beside others: ${wrong.join('; ')}`);
  if (filters.length === 0) return [];
  const table = await tshark(file, '-q', '-z', ['io,stat,0', ...filters].join(','));
  const row = /^\|[^|]*<>[^|]*\|(.*)\|$/m.exec(table)?.[1] ?? '';
  // Frames and bytes of each.
  const counts = row.split('|').filter((cell) => cell.trim() !== '').map(Number).filter((_, at) => at % 2 === 0);
  if (counts.length !== filters.length || counts.some(Number.isNaN)) throw new Error(`tshark answered:\n${table}`);
  return counts;
}

/** The named fields of each frame that a display filter shows; of a field that is there several times, the first. */
export async function fieldsOf(file: Shown, filter: string, fields: readonly string[]): Promise<string[][]> {
  const printed = await tshark(file, '-Y', filter, '-T', 'fields', '-E', 'separator=/t', '-E', 'occurrence=f', ...fields.flatMap((field) => ['-e', field]));
  return printed === '' ? [] : printed.replace(/\n$/, '').split('\n').map((line) => line.split('\t'));
}

/** What -z prints. Rejects where tshark does not know one of them. */
export const statisticsOf = (file: Shown, statistics: readonly string[]): Promise<string> => tshark(file, '-q', ...statistics.flatMap((one) => ['-z', one]));
