// live TARGET: a capture that is begun in order to be shown, and that ends when nobody looks any more.
import { LIVE_ANNOTATION, STOP_ANNOTATION } from '../../api/group.js';
import { PACKET_CAPTURES } from '../../api/kinds.js';
import { printable } from '../../api/printable.js';
import { pause } from '../../kube/clock.js';
import { isForbidden } from '../../kube/errors.js';
import type { CaptureObject } from '../capture.js';
import type { Session } from '../session.js';
import { captureObject, generatedName } from '../start/create.js';
import type { CaptureFlags, WrittenSpec } from '../start/spec.js';
import type { End } from './ending.js';
import type { Way } from './reach.js';
import { newToken, releaseSession } from './session-claim.js';
import { showFiles } from './show-files.js';
import { showLive, type ShowParts } from './show-live.js';

/** What is not said is chosen for looking on: an end that comes by itself where the plugin was killed, and little of the node's disk. */
export const LIVE_DEFAULTS = { duration: '10m', spool: '256Mi' };
/** Who sees files instead of streams sees them sooner where they are cut often. */
const RING = { stream: '10M/30s', files: '10M/2s' };

export const specFlags = (flags: CaptureFlags, way: Way): CaptureFlags => ({ ...LIVE_DEFAULTS, ring: RING[way], ...flags });

const CALL_MS = 10_000;
/** For what was captured to be delivered, before the operator is left alone with it. */
const DELIVERY_MS = 60_000;
const LOOK_MS = 300;

export async function showStarted(parts: Omit<ShowParts, 'name'>, spec: WrittenSpec, way: Way, keep: boolean): Promise<End> {
  const { session, say } = parts;
  const { kube, namespace, io } = session;
  const token = newToken();
  const name = `live-${generatedName(spec, io.random)}`;
  const object = captureObject(name, namespace, spec);
  if (way === 'stream') object.metadata.annotations = { [LIVE_ANNOTATION]: token.sha256 };
  // Not given up by Ctrl-C: nobody would know whether there is one to remove.
  const capture = await kube.create<CaptureObject>(PACKET_CAPTURES, namespace, object, { signal: AbortSignal.timeout(CALL_MS) });
  say(`packetcapture/${name} created${keep ? '' : '; it is removed at the end, and its packets stay in the bucket'}`);
  try {
    const end = await (way === 'files' ? showFiles({ ...parts, name }, 'start') : showLive({ ...parts, name }, token, 'start'));
    // Found out only now: what was begun goes on by its files.
    return end.how === 'forbidden' ? await showFiles({ ...parts, name }, 'start') : end;
  } finally {
    if (keep) {
      await stop(session, capture);
      await releaseSession(kube, capture, token);
    } else await remove(session, capture, say);
  }
}

async function stop({ kube, namespace }: Session, { metadata: { name, uid } }: CaptureObject): Promise<void> {
  const now = await kube.get<CaptureObject>(PACKET_CAPTURES, namespace, name, { signal: AbortSignal.timeout(CALL_MS) });
  const id = now?.status?.run?.id;
  if (now?.metadata.uid !== uid || id === undefined || now.status?.run?.stopTime !== undefined) return;
  await kube.patch(PACKET_CAPTURES, namespace, name, { metadata: { uid, annotations: { [STOP_ANNOTATION]: id } } }, { type: 'merge', signal: AbortSignal.timeout(CALL_MS) });
}

/** Deletion stops the run, and the object goes once its packets are delivered. */
async function remove({ kube, namespace, io }: Session, { metadata: { name, uid } }: CaptureObject, say: (line: string) => void): Promise<void> {
  const look = (): Promise<CaptureObject | undefined> => kube.get<CaptureObject>(PACKET_CAPTURES, namespace, name, { signal: AbortSignal.timeout(CALL_MS) });
  const before = await look();
  if (before?.metadata.uid !== uid) return;
  try {
    await kube.remove(PACKET_CAPTURES, namespace, name, { uid, signal: AbortSignal.timeout(CALL_MS) });
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return say(`warning: you may not delete packetcapture/${name}: it ends by itself after its duration, and stays until somebody else deletes it`);
  }
  const { location } = before.status?.run ?? {};
  if (location !== undefined) say(`packetcapture/${name} is being removed; what was captured is delivered to ${printable(location)}`);
  const until = io.clock.monotonic() + DELIVERY_MS;
  while (io.clock.monotonic() < until) {
    const now = await look();
    if (now?.metadata.uid !== uid) return;
    await pause(io.clock, LOOK_MS);
  }
  say(`packetcapture/${name} is not delivered yet; the operator goes on with it`);
}
