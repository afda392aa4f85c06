// Every version of one capture, until it is gone or nobody asks any more: by a watch, or by asking again and again where watching is not allowed.
import { PACKET_CAPTURES } from '../../api/kinds.js';
import { printable } from '../../api/printable.js';
import { isAborted, isForbidden, isGone } from '../../kube/errors.js';
import type { Kube } from '../../kube/kube.js';
import { objectKey } from '../../kube/object.js';
import { Reflector } from '../../kube/reflector.js';
import { pause } from '../../kube/clock.js';
import { noSuchCapture, type CaptureObject } from '../capture.js';
import type { Session } from '../session.js';

export interface Following {
  signal: AbortSignal;
  onSeen: (capture: CaptureObject) => void;
  /** The API server does not answer, in words, or answers again (undefined). It is asked on and on; told at each turn. */
  onTrouble: (trouble: string | undefined) => void;
}

/** Ends as `gone` also where another object has taken the name. Throws where the first look fails, and where the user may not look any more. */
export async function followCapture(session: Session, name: string, following: Following): Promise<'gone' | 'left'> {
  const { kube, namespace } = session;
  const { signal, onSeen } = following;
  try {
    const first = await kube.get<CaptureObject>(PACKET_CAPTURES, namespace, name, { signal });
    if (!first) throw noSuchCapture(name, namespace);
    onSeen(first);
    const watched = await byWatch(session, first, following);
    return watched === 'refused' ? await byAsking(session, first, following) : watched;
  } catch (error) {
    if (signal.aborted && isAborted(error)) return 'left';
    throw error;
  }
}

/** A person waits: not so long between two tries as an operator's watches do. */
const BACKOFF = { initialMs: 250, maxMs: 3000 };
/** So long a connection may be dead before it is found out: a laptop sleeps, and changes its network. */
const WATCH_SECONDS = [30, 60] as const;

function byWatch({ kube, namespace, io }: Session, first: CaptureObject, { signal, onSeen, onTrouble }: Following): Promise<'gone' | 'left' | 'refused'> {
  const { name, uid } = first.metadata;
  return new Promise((resolve) => {
    const finish = (how: 'gone' | 'left' | 'refused'): void => {
      signal.removeEventListener('abort', leave);
      resolve(how);
      void reflector.stop();
    };
    const leave = (): void => finish('left');
    const reflector = new Reflector<CaptureObject>(hearing(kube, () => onTrouble(undefined)), PACKET_CAPTURES, {
      namespace,
      fieldSelector: `metadata.name=${name}`,
      backoff: BACKOFF,
      watchSeconds: WATCH_SECONDS,
      clock: io.clock,
      onFailed(error) {
        if (isForbidden(error)) finish('refused');
        else if (!isGone(error) && !isAborted(error)) onTrouble(troubleOf(error));
      },
    });
    let seen = first.metadata.resourceVersion;
    reflector.addHandler(({ type, object }) => {
      if (signal.aborted) return;
      if (type === 'DELETED' || object.metadata.uid !== uid) return finish('gone');
      if (object.metadata.resourceVersion === seen) return;
      seen = object.metadata.resourceVersion;
      onSeen(object);
    });
    // What went before the first LIST is told by no event.
    void reflector.hasSynced.then((synced) => {
      if (synced && !reflector.store.get(objectKey(namespace, name), uid)) finish('gone');
    });
    if (signal.aborted) return leave();
    signal.addEventListener('abort', leave, { once: true });
    reflector.start();
  });
}

const troubleOf = (error: unknown): string => `the API server does not answer (${printable((error as Error).message)}); it is asked again`;

/** Tells of every answer, bookmarks too. */
function hearing(kube: Kube, onAnswer: () => void): Pick<Kube, 'list' | 'watch'> {
  return {
    async list(...asked) {
      const answer = await kube.list<never>(...asked);
      onAnswer();
      return answer;
    },
    async *watch(...asked) {
      for await (const event of kube.watch<never>(...asked)) {
        if (event.type !== 'ERROR') onAnswer();
        yield event;
      }
    },
  };
}

const ASK_EVERY_MS = 2000;

async function byAsking({ kube, namespace, io }: Session, first: CaptureObject, { signal, onSeen, onTrouble }: Following): Promise<'gone' | 'left'> {
  const { name, uid } = first.metadata;
  let seen = first.metadata.resourceVersion;
  while (!signal.aborted) {
    await pause(io.clock, ASK_EVERY_MS, signal);
    if (signal.aborted) break;
    try {
      const capture = await kube.get<CaptureObject>(PACKET_CAPTURES, namespace, name, { signal });
      onTrouble(undefined);
      if (capture?.metadata.uid !== uid) return 'gone';
      if (capture.metadata.resourceVersion !== seen) onSeen(capture);
      seen = capture.metadata.resourceVersion;
    } catch (error) {
      if (isForbidden(error)) throw error;
      if (!isAborted(error)) onTrouble(troubleOf(error));
    }
  }
  return 'left';
}
