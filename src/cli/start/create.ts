// A PacketCapture made out of a spec: its object, and what the API server makes of it.
import { API_VERSION } from '../../api/group.js';
import { API_KIND, PACKET_CAPTURES } from '../../api/kinds.js';
import type { Random } from '../../kube/clock.js';
import { isAlreadyExists } from '../../kube/errors.js';
import type { NewObject } from '../../kube/object.js';
import type { CaptureObject } from '../capture.js';
import { Failure } from '../failure.js';
import type { Session } from '../session.js';
import { randomWord } from '../random-word.js';
import type { WrittenSpec } from './spec.js';
import { baseName } from './target.js';

/** As it would stand in a file: `namespace` only where it was named. */
export const captureObject = (name: string, namespace: string | undefined, spec: WrittenSpec): NewObject => ({
  apiVersion: API_VERSION,
  kind: API_KIND.capture,
  metadata: { name, ...(namespace !== undefined && { namespace }) },
  spec,
});

/** `web-0-4f2k` */
export const generatedName = ({ target }: WrittenSpec, random: Random): string => `${baseName(target)}-${randomWord(random)}`;

/** Of generated names, so many are tried. */
const MOST_TRIES = 5;

/** The name that was asked for, or one that nobody has yet. */
export async function createCapture({ io, kube, namespace }: Session, given: string | undefined, spec: WrittenSpec, dryRun = false): Promise<CaptureObject> {
  for (let tries = 1; ; tries++) {
    const name = given ?? generatedName(spec, io.random);
    try {
      return await kube.create<CaptureObject>(PACKET_CAPTURES, namespace, captureObject(name, namespace, spec), { dryRun });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      if (given !== undefined || tries === MOST_TRIES) throw new Failure(`packetcaptures "${name}" already exists in namespace "${namespace}": use another --name, or remove that one with kubectl pktcap delete ${name} -n ${namespace}`, undefined, { cause: error });
    }
  }
}
