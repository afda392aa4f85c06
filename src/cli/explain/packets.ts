// How many packets, and where they are.
import { formatSize } from '../terminal/words.js';
import type { Packets, Section } from './subject.js';
import { counted } from './words.js';

interface Counts {
  captured?: number | undefined;
  uploaded?: number | undefined;
  pending?: number | undefined;
}

export interface Captured {
  packets: Packets;
  files?: Counts | undefined;
  bytes?: Counts | undefined;
  location?: string | undefined;
  /** tcpdump listened, and does so no more. */
  hasListened: boolean;
}

export function packetsSection({ packets, files, bytes, location, hasListened }: Captured): Section {
  const { captured = 0, uploaded = 0, pending = 0, discarded = 0, released = 0 } = packets;
  const where = location === undefined ? [] : [`${uploaded > 0 ? 'They are in' : 'They go to'} ${location}`];
  if (captured === 0) return { title: 'Packets', lines: [hasListened ? 'No packet was captured: none that the filter lets through passed while tcpdump listened.' : 'No packet is captured.', ...where] };
  const size = !bytes?.captured ? '' : `, ${formatSize(bytes.captured)}`;
  const inFiles = !files?.captured ? '' : ` in ${counted(files.captured, 'file')}`;
  const parts = [
    uploaded === captured ? 'all of them are in the bucket and were read back' : uploaded === 0 ? 'none is in the bucket' : `${uploaded} are in the bucket and were read back`,
    ...(pending > 0 ? [`${pending} are on the node, not in the bucket yet`] : []),
    ...(discarded > released ? [`${discarded - released} were given up`] : []),
    ...(released > 0 ? [`${released} were let go by the ring, as a flight recorder's does`] : []),
  ];
  return { title: 'Packets', lines: [`${counted(captured, 'packet')} captured${inFiles}${size}: ${parts.join('; ')}.`, ...where] };
}
