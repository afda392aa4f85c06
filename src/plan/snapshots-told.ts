// Each snapshot once, as an Event: that it is in the bucket, or that it was asked for in vain.
import type { PacketCaptureStatus } from '../api/packetcapture-status.js';
import { tell, type Transition } from './tell.js';

export function snapshotsTold(before: PacketCaptureStatus | undefined, after: PacketCaptureStatus): Transition[] {
  const told = (after.snapshots ?? []).flatMap((snapshot): Transition[] => {
    const then = before?.snapshots?.find(({ token }) => token === snapshot.token);
    return snapshot.completionTime === undefined || then?.completionTime !== undefined ? [] : [delivered(snapshot)];
  });
  const token = after.handled?.snapshot;
  // What stands on an object when it is first seen was asked of nobody.
  const isAsked = token !== undefined && token !== before?.handled?.snapshot && (before?.observedGeneration ?? -1) >= 0;
  const isMade = after.snapshots?.some((snapshot) => snapshot.token === token);
  return isAsked && !isMade ? [...told, tell('SnapshotSkipped', `snapshot ${JSON.stringify(token)} delivers nothing: ${inVain(after.phase)}`)] : told;
}

function delivered({ token, packets, location }: NonNullable<PacketCaptureStatus['snapshots']>[number]): Transition {
  const name = `snapshot ${JSON.stringify(token)}`;
  const discarded = packets?.discarded ?? 0;
  if (discarded > 0) return tell('SnapshotIncomplete', `${name}: ${packets?.uploaded} packets are in ${location}, ${discarded} were given up before they could be`);
  const what = packets?.captured === 0 ? 'the ring held nothing that an earlier one has not delivered' : `${packets?.uploaded} packets are in ${location}`;
  return tell('SnapshotDelivered', `${name}: ${what}`);
}

function inVain(phase: string | undefined): string {
  if (phase === 'Suspended') return 'the capture is suspended, and what it had was delivered at the suspension';
  if (phase === 'Starting') return 'it was asked for before this run began';
  return 'capturing is over, and what the ring held was delivered at its end';
}
