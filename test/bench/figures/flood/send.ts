// One flood: tcpreplay sends at the node's end of the pod's interface, and the pod's interface counts what comes.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PodNetns } from '../../support/pod-netns.js';
import { run } from '../../support/run.js';
import { savefileOf } from './packets.js';

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

/** What begins a capture, in the cluster too, is over. */
const SETTLE_MS = 3000;
/** Read once, sent over and over. */
const IN_FILE = 1000;
/** What tcpreplay says at its end. */
const RATED = /Rated: .* ([\d.]+) pps/;

export async function flood(pod: PodNetns, { bytes, packets, perSecond }: FloodKind, seed: string): Promise<Flood> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-flood-'));
  try {
    const file = join(folder, 'flood.pcap');
    await writeFile(file, savefileOf(IN_FILE, bytes, pod.mac, pod.ip, seed));
    await delay(SETTLE_MS);
    // No sample pays for the pages that the one before left to be written.
    await run(['sync']);
    const before = await pod.arrived();
    const speed = perSecond === undefined ? '--topspeed' : `--pps=${perSecond}`;
    const said = await run(['taskset', '--cpu-list', '0', 'tcpreplay', '--quiet', '--preload-pcap', `--loop=${packets / IN_FILE}`, `--intf1=${pod.hostEnd}`, speed, file]);
    const arrived = (await pod.arrived()) - before;
    const rated = RATED.exec(said)?.[1];
    if (arrived < 0.9 * packets || rated === undefined) throw new Error(`of ${packets} packets ${arrived} came to the pod: ${said}`);
    return { arrived, perSecond: Number(rated) };
  } finally {
    await rm(folder, { recursive: true });
  }
}
