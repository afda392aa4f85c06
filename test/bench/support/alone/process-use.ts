// What a process takes of memory and processor, as its kernel counts it.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const TICKS_PER_SECOND = 100;
const MB = 1e6;

function memoryMB(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kib) * 1024) / MB;
}

/** Resident now. */
export const residentMB = (pid: number): number => memoryMB(pid, 'VmRSS');
/** The most that ever was. */
export const peakMB = (pid: number): number => memoryMB(pid, 'VmHWM');

export function cpuSeconds(pid: number): number {
  // After the name, which may hold anything: state is the third field, utime the 14th, stime the 15th.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Percent of a core over so many seconds from now. */
export async function cpuPercent(pid: number, seconds: number): Promise<number> {
  const [beforeMs, before] = [performance.now(), cpuSeconds(pid)];
  await delay(seconds * 1000);
  return ((cpuSeconds(pid) - before) / (performance.now() - beforeMs)) * 1e5;
}
