// tcpdump as people type it, in the target's netns: what it takes of memory.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { pause } from '../../../../src/agent/clock.js';
import { podStatus } from '../../../e2e/support/workload.js';
import { memory } from '../../support/capture-processes.js';
import { NAMESPACE, TARGET, type Scene } from './scene.js';

const PACKETS = 60_000;

/** Resident at its most, in MB, over a second of the burst. */
export async function tcpdumpAlone(scene: Scene): Promise<{ idleMB: number; peakMB: number }> {
  const uid = (await podStatus(NAMESPACE, TARGET))?.metadata.uid ?? 'none';
  const pid = readdirSync('/proc').find((entry) => /^\d+$/.test(entry) && isOf(entry, uid));
  if (pid === undefined) throw new Error(`no process of pod ${TARGET} runs on this machine: this needs the sandbox`);
  const child = spawn('nsenter', [`--net=/proc/${pid}/ns/net`, 'tcpdump', '-i', 'any', '-w', '/dev/null'], { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    await once(child.stderr, 'data');
    await pause(500);
    const idleMB = memory(child.pid as number, 'VmRSS') ?? NaN;
    await scene.burst(PACKETS);
    return { idleMB, peakMB: memory(child.pid as number, 'VmHWM') ?? NaN };
  } finally {
    child.kill('SIGINT');
  }
}

function isOf(pid: string, uid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(uid);
  } catch {
    return false;
  }
}
