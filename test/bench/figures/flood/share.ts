// What share of a flood is in files, whoever wrote them.
import { run } from '../../support/run.js';
import type { Flood } from './send.js';

/** What was captured of one flood. */
export interface Share {
  /** Of the packets that came to the pod, in %. */
  percent: number;
  /** As fast as the sender was meanwhile, in packets a second. */
  perSecond: number;
}

export const shareOf = (captured: number, { arrived, perSecond }: Flood): Share => ({ percent: Math.round((captured / arrived) * 1e5) / 1e3, perSecond: Math.round(perSecond) });

/** Packets in savefiles, the last of which may be cut short. */
export async function packetsIn(files: string[]): Promise<number> {
  if (files.length === 0) return 0;
  const said = await run(['capinfos', '-M', '-c', ...files], true);
  const counts = [...said.matchAll(/^Number of packets: +(\d+)/gm)];
  // Of a file that is cut short it counts what is there; of one that it cannot read it says nothing, and that is no 0.
  if (counts.length < files.length) throw new Error(`capinfos counts ${counts.length} of ${files.length} files: ${said}`);
  return counts.reduce((sum, [, packets]) => sum + Number(packets), 0);
}
