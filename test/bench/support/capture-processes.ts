// The processes of a capture pod and what they take: the sandbox's nodes are processes of this machine.
import { readdirSync, readFileSync } from 'node:fs';
import { eventually } from '../../integration/eventually.js';
import { podsOf, type Capture } from '../../e2e/support/captures.js';

export interface CaptureProcesses {
  agent: number;
  tcpdump: number;
}

/** Of a capture of one target, once its tcpdump runs. */
export async function captureProcesses(capture: Capture): Promise<CaptureProcesses> {
  return eventually(`agent and tcpdump of ${capture.metadata.name} run on this machine`, async () => {
    const uids = (await podsOf(capture)).map(({ metadata }) => metadata.uid);
    const pids = readdirSync('/proc').map(Number).filter((pid) => Number.isInteger(pid) && uids.some((uid) => isOfPod(pid, uid)));
    const agent = pids.find((pid) => argv(pid).includes('/app/packetcapture.mjs'));
    const tcpdump = pids.find((pid) => name(pid) === 'tcpdump' && argv(pid).includes('-w'));
    return agent !== undefined && tcpdump !== undefined ? { agent, tcpdump } : undefined;
  }, { timeoutMs: 30_000, everyMs: 100 });
}

const read = (pid: number, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
};
const isOfPod = (pid: number, uid: string): boolean => [uid, uid.replaceAll('-', '_')].some((text) => read(pid, 'cgroup').includes(`pod${text}`));
const argv = (pid: number): string[] => read(pid, 'cmdline').split('\0');
const name = (pid: number): string => read(pid, 'comm').trim();

/** VmRSS (now) or VmHWM (at its most) of a process, in MB; undefined where it is gone. */
export function memory(pid: number, what: 'VmRSS' | 'VmHWM'): number | undefined {
  const kib = new RegExp(`${what}:\\s+(\\d+) kB`).exec(read(pid, 'status'))?.[1];
  return kib === undefined ? undefined : (Number(kib) * 1024) / 1e6;
}

/** Gone, or dead and not yet waited for. */
export const isGone = (pid: number): boolean => !/^State:\s+[^ZX]/m.test(read(pid, 'status'));
