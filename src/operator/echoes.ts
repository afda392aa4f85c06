// Which changes are most likely the operator's own, come back to it by its watches: nobody waits for them to be looked at.
import type { ReflectorEvent } from '../kube/reflector.js';
import type { KubeObject } from '../kube/object.js';
import { isSameJSON } from '../plan/identity.js';
import { isSame } from './same.js';

/** Within this they are looked at, in case they are somebody else's: together, and after what people and pods do. */
export const ECHO_MS = 250;

type Event = Pick<ReflectorEvent<KubeObject>, 'type' | 'object' | 'previous'>;

/** Of what the operator alone makes and writes: anything but that it is gone. */
export const isOfOwnObject = ({ type }: Event): boolean => type !== 'DELETED';

/** Of a Job: that it is there. How it fares is its controller's word. */
export const isOfJob = ({ type }: Event): boolean => type === 'ADDED';

/** Of a capture: nothing that people write differs, but its status or finalizers. */
export function isOfCapture({ type, object, previous }: Event): boolean {
  if (type !== 'MODIFIED' || !previous) return false;
  const asked = ({ metadata: { uid, generation, deletionTimestamp, annotations } }: KubeObject): object => ({ uid, generation, deletionTimestamp, annotations });
  return isSameJSON(asked(object), asked(previous));
}

/** Of a capture pod: nothing but its annotations differs, in which the operator writes control. */
export const isOfPod = ({ type, object, previous }: Event): boolean => type === 'MODIFIED' && previous !== undefined && isSame(object, previous, 'annotations');
