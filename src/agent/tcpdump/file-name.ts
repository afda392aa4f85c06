// Names of the files of one tcpdump start: unique in its folder, ordered as they were written.

/**
 * tcpdump's -w, relative to the start's own folder. With -G the name is a strftime pattern, or each turn would overwrite the last
 * one's data; tcpdump puts -C's number behind it ("", 1, 2, …).
 */
export const savefilePattern = (rotates: boolean): string => (rotates ? '%Y%m%dT%H%M%SZ.' : 'capture.');

const NAME = /^(capture|\d{8}T\d{6}Z)\.(\d{0,9})$/;

export const isSavefile = (name: string): boolean => NAME.test(name);

/** Order of writing. */
export function compareSavefiles(a: string, b: string): number {
  const [, timeA = '', numberA = ''] = NAME.exec(a) ?? [];
  const [, timeB = '', numberB = ''] = NAME.exec(b) ?? [];
  return timeA < timeB ? -1 : timeA > timeB ? 1 : Number(numberA) - Number(numberB);
}

/** What tcpdump says goes here, so that its closing lines outlive the agent. */
export const STDERR_FILE = 'stderr';

/** Folder of one tcpdump start: the attempt, and the start's number on this spool. */
export const startFolder = (attempt: number, start: number): string => `${String(attempt).padStart(2, '0')}-${String(start).padStart(4, '0')}`;

export function parseStartFolder(name: string): { attempt: number; start: number } | undefined {
  const match = /^(\d{2,9})-(\d{4,9})$/.exec(name);
  return match ? { attempt: Number(match[1]), start: Number(match[2]) } : undefined;
}
