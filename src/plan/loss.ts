// LossDetected: whether anything was lost against the user's wish, how much, the likely cause, and the lever in the spec.
import type { CaptureSpec } from '../api/capture-spec.js';
import { CONDITION, DISCARD_REASON } from '../api/reasons.js';
import type { Totals } from './totals.js';
import { verdict, type Verdict } from './verdict.js';

type Policy = CaptureSpec['upload']['policy'];

const LEVER: Record<string, string> = {
  [DISCARD_REASON.ringOverwrote]: 'the ring pushed files out before they were delivered: raise spec.ring.files or spec.ring.fileSize',
  [DISCARD_REASON.spoolFull]: 'the node had no room for them: raise spec.spool.maxSize, or narrow spec.filter',
  [DISCARD_REASON.spoolLost]: "the node's spool was lost with them",
  [DISCARD_REASON.drainExpired]: 'the bucket did not take them in time',
  [DISCARD_REASON.damaged]: 'they could not be read back from the node',
};

/** Where the ring is what fills the spool. */
const ON_DEMAND_LEVER: Record<string, string> = {
  ...LEVER,
  [DISCARD_REASON.spoolFull]: 'the node had no room for the ring: raise spec.spool.maxSize, or lower spec.ring.files or spec.ring.fileSize',
};

export function lossCondition(totals: Totals, policy: Policy): Verdict {
  const parts = [...discarded(totals, policy === 'OnDemand' ? ON_DEMAND_LEVER : LEVER), ...dropped(totals), ...unheard(totals)];
  const asked = [...asAsked(totals), ...unknown(totals)].map((text) => `; ${text}`).join('');
  const [first] = parts;
  const [silent] = totals.silent;
  if (!first && silent) return verdict(CONDITION.lossDetected, 'Unknown', silent.reason, `what may be lost there is not known${asked}`);
  if (!first) return verdict(CONDITION.lossDetected, 'False', 'NoLoss', `tcpdump dropped nothing, nothing was discarded that was wanted, and tcpdump always listened${asked}`);
  return verdict(CONDITION.lossDetected, 'True', parts.length > 1 ? 'SeveralCauses' : first.reason, `${parts.map((p) => p.text).join('; ')}${asked}`);
}

interface Part {
  reason: string;
  text: string;
}

const discarded = ({ discards }: Totals, lever: Record<string, string>): Part[] =>
  Object.entries(discards)
    .filter(([reason, packets]) => packets > 0 && reason !== DISCARD_REASON.released)
    .map(([reason, packets]) => ({ reason, text: `${packets} packets discarded: ${lever[reason] ?? reason}` }));

function dropped({ ledger: { packets } }: Totals): Part[] {
  const parts: Part[] = [];
  if (packets.droppedByKernel > 0) parts.push({ reason: 'DroppedByKernel', text: `at most ${packets.droppedByKernel} packets dropped by the kernel, which had no room for them: lower spec.snapLength, narrow spec.filter, or raise spec.bufferSize` });
  if (packets.droppedByInterface > 0) parts.push({ reason: 'DroppedByInterface', text: `${packets.droppedByInterface} packets dropped by the network interface` });
  return parts;
}

/** Gaps that nobody asked for. */
function unheard({ gaps }: Totals): Part[] {
  const count = gaps.count - gaps.suspended.count;
  if (count <= 0) return [];
  return [{ reason: 'Gap', text: `${count === 1 ? 'a gap' : `${count} gaps`} of ${(gaps.seconds - gaps.suspended.seconds).toFixed(1)} s in all, in which no tcpdump listened; the manifest has each with its reason` }];
}

const unknown = ({ silent }: Totals): string[] => silent.map(({ node, since }) => `node "${node}" can't be asked since ${since}`);

/** What is missing because it was asked for: no loss. */
function asAsked({ gaps: { suspended }, ledger: { packets } }: Totals): string[] {
  const said: string[] = [];
  if (suspended.count > 0) said.push(`it was suspended for ${suspended.seconds.toFixed(1)} s in all, as it was asked to`);
  if (packets.released > 0) said.push(`the ring let ${packets.released} packets go, as a flight recorder's does`);
  return said;
}
