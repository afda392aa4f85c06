// live NAME: the packets of a capture that runs, and goes on when they are no longer shown.
import { PACKET_CAPTURES } from '../../api/kinds.js';
import type { LiveFrom } from '../../protocol/live.js';
import type { CaptureObject } from '../capture.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { outcomeOf } from '../observe/outcome.js';
import type { Session } from '../session.js';
import type { End } from './ending.js';
import type { Way } from './reach.js';
import { claimSession, newToken, releaseSession } from './session-claim.js';
import { showFiles } from './show-files.js';
import { showLive, type ShowParts } from './show-live.js';

/** The capture as it was found. Throws where there is none to show. */
export async function findRunning({ kube, namespace }: Session, name: string): Promise<CaptureObject> {
  const capture = await kube.get<CaptureObject>(PACKET_CAPTURES, namespace, name);
  if (!capture) throw new Failure(`packetcaptures "${name}" not found in namespace "${namespace}"; kubectl pktcap list -n ${namespace} shows those that are there, and live pod/NAME begins one`, EXIT.notFound);
  const outcome = outcomeOf(capture, 'finished');
  if (outcome) throw new Failure(`${outcome.sentence}; there is nothing live of it: kubectl pktcap download ${name} -n ${namespace} fetches what was captured`, outcome.exitCode === EXIT.ok ? EXIT.error : outcome.exitCode);
  return capture;
}

export async function showRunning(parts: ShowParts, capture: CaptureObject, way: Way, { from, takeOver }: { from: LiveFrom; takeOver: boolean }): Promise<End> {
  if (way === 'files') return showFiles(parts, from);
  const { kube } = parts.session;
  const token = newToken();
  await claimSession(kube, capture, token, takeOver);
  let end: End;
  try {
    end = await showLive(parts, token, from);
  } finally {
    await releaseSession(kube, capture, token);
  }
  // Found out only now.
  return end.how === 'forbidden' ? showFiles(parts, from) : end;
}
