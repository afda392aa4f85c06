// One flood: trafgen sends at the node's end of the pod's interface, and the pod's interface counts what comes.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PodNetns } from '../../support/pod-netns.js';
import { run } from '../../support/run.js';
import { trafgenPacket } from './packets.js';

export interface FloodKind {
  /** Of a frame. */
  bytes: number;
  packets: number;
  /** Absent: as fast as the sender can. */
  perSecond?: number;
}

export const LARGE: FloodKind = { bytes: 1400, packets: 500_000, perSecond: 300_000 };
export const SMALL: FloodKind = { bytes: 64, packets: 500_000 };

export interface Flood {
  /** Packets that came to the pod's interface: what was lost before is nobody's loss here. */
  arrived: number;
  perSecond: number;
}

/** What trafgen says at its end. */
const SENT = /(\d+) sec, (\d+) usec on CPU/;

export async function flood(pod: PodNetns, { bytes, packets, perSecond }: FloodKind, seed: string): Promise<Flood> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-flood-'));
  try {
    const config = join(folder, 'packet.cfg');
    await writeFile(config, trafgenPacket(bytes, pod.mac, pod.ip, seed));
    // No sample pays for the pages that the one before left to be written.
    await run(['sync']);
    const before = await pod.arrived();
    const said = await run(['trafgen', '--cpus', '1', '--qdisc-path', '--dev', pod.hostEnd, '--conf', config, '--num', String(packets), ...(perSecond === undefined ? [] : ['--rate', `${perSecond}pps`])]);
    const arrived = (await pod.arrived()) - before;
    const [, seconds, us] = SENT.exec(said) ?? [];
    if (arrived < 0.9 * packets) throw new Error(`of ${packets} packets ${arrived} came to the pod: ${said}`);
    return { arrived, perSecond: arrived / (Number(seconds) + Number(us) / 1e6) };
  } finally {
    await rm(folder, { recursive: true });
  }
}
