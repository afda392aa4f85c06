// The live annotation of a capture: taken for one's own session, and given back. The token stays here; the object holds its hash.
import { createHash, randomBytes } from 'node:crypto';
import { LIVE_ANNOTATION } from '../../api/group.js';
import { PACKET_CAPTURES } from '../../api/kinds.js';
import { isConflict, isForbidden, isInvalid, isNotFound } from '../../kube/errors.js';
import type { Kube } from '../../kube/kube.js';
import type { CaptureObject } from '../capture.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';

export interface Token {
  /** For the listener alone: never in an object, a log or an argument. */
  secret: string;
  sha256: string;
}

export function newToken(): Token {
  const secret = randomBytes(32).toString('base64url');
  return { secret, sha256: createHash('sha256').update(secret).digest('hex') };
}

/** The hash of the session that the object asks for. */
export const sessionIn = ({ metadata }: CaptureObject): string | undefined => metadata.annotations?.[LIVE_ANNOTATION] || undefined;

const MOST_TRIES = 20;
/** What is given back is given back though the command was ended: not with its signal. */
const RELEASE_MS = 10_000;

/** Throws where another session is open, unless it is to be taken over. */
export async function claimSession(kube: Kube, capture: CaptureObject, { sha256 }: Token, takeOver: boolean): Promise<void> {
  const { name, namespace, uid } = capture.metadata;
  for (let tries = 1, seen: CaptureObject | undefined = capture; ; tries++) {
    if (seen?.metadata.uid !== uid) throw new Failure(`packetcapture/${name} was deleted meanwhile`, EXIT.notFound);
    if (sessionIn(seen) !== undefined && !takeOver) {
      throw new Failure(`packetcapture/${name} already has a live session, of somebody else or of a plugin that was killed; --takeover ends it and opens yours`);
    }
    try {
      await kube.patch(PACKET_CAPTURES, namespace, name, { metadata: { resourceVersion: seen.metadata.resourceVersion, annotations: { [LIVE_ANNOTATION]: sha256 } } }, { type: 'merge' });
      return;
    } catch (error) {
      // Its status changes often: nobody has taken the session for that.
      if (!isConflict(error) || tries === MOST_TRIES) throw error;
    }
    seen = await kube.get<CaptureObject>(PACKET_CAPTURES, namespace, name);
  }
}

/** Ends the session, where it is still one's own. */
export async function releaseSession(kube: Kube, { metadata: { name, namespace } }: CaptureObject, { sha256 }: Token): Promise<void> {
  const path = `/metadata/annotations/${LIVE_ANNOTATION.replace('/', '~1')}`;
  const patch = [
    { op: 'test', path, value: sha256 },
    { op: 'remove', path },
  ];
  await kube.patch(PACKET_CAPTURES, namespace, name, patch, { type: 'json', signal: AbortSignal.timeout(RELEASE_MS) }).catch((error: unknown) => {
    if (!isInvalid(error) && !isNotFound(error) && !isForbidden(error)) throw error;
  });
}
