// Waits until a snapshot is in the bucket, or until it is plain that it will not be.
import { formatDuration } from '../../api/duration.js';
import type { PacketCaptureStatus } from '../../api/packetcapture-status.js';
import { printable } from '../../api/printable.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { followCapture } from '../observe/follow.js';
import type { Session } from '../session.js';

type Snapshot = NonNullable<PacketCaptureStatus['snapshots']>[number];

/** Says on stdout where it is. Throws a Failure where it delivers nothing, not all, or not in time. */
export async function waitForSnapshot(session: Session, name: string, token: string, timeoutMs: number): Promise<void> {
  const { io } = session;
  const ending = new AbortController();
  const cancel = io.clock.schedule(timeoutMs, () => ending.abort());
  let snapshot: Snapshot | undefined;
  let handled = false;
  try {
    const how = await followCapture(session, name, {
      signal: AbortSignal.any([io.signal, ending.signal]),
      onSeen({ status }) {
        snapshot = status?.snapshots?.find((one) => one.token === token);
        handled = status?.handled?.snapshot === token;
        if (snapshot?.completionTime !== undefined || (handled && snapshot === undefined)) ending.abort();
      },
      onTrouble: () => {},
    });
    if (io.signal.aborted) return;
    if (how === 'gone') throw new Failure(`packetcapture/${name} was deleted before its snapshot was in the bucket`, EXIT.notFound);
  } finally {
    cancel();
  }
  if (handled && snapshot === undefined) throw new Failure(`snapshot ${token} of packetcapture/${name} delivers nothing: capturing is over or suspended, and what there was was delivered then`, EXIT.failed);
  if (snapshot?.completionTime === undefined) throw new Failure(`snapshot ${token} of packetcapture/${name} is not in the bucket within ${formatDuration(timeoutMs)}; it goes on, see kubectl pktcap explain ${name}`, EXIT.timeout);
  io.stdout.write(`${sentence(snapshot)}\n`);
  if ((snapshot.packets?.discarded ?? 0) > 0) throw new Failure(`snapshot ${token} of packetcapture/${name}: ${snapshot.packets?.discarded} packets were given up before they could be delivered`, EXIT.failed);
}

function sentence({ packets, location }: Snapshot): string {
  return packets?.captured === 0 ? 'the ring held nothing that an earlier snapshot has not delivered' : `${packets?.uploaded ?? 0} packets are in ${printable(location ?? 'an unknown place')}`;
}
