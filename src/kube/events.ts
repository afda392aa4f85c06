// Events on objects, for `kubectl describe`: the same one is counted, not repeated, many of one reason become one, and none is worth an error.
import { type Clock, type Random, systemClock } from './clock.js';
import { isAlreadyExists, isNotFound } from './errors.js';
import type { Kube } from './kube.js';
import { type Log, silent } from './log.js';
import type { KubeObject } from './object.js';
import { EVENTS } from './resources.js';

export interface ObjectReference {
  apiVersion: string;
  kind: string;
  namespace?: string | undefined;
  name: string;
  uid: string;
  resourceVersion?: string | undefined;
}

export type EventType = 'Normal' | 'Warning';

export interface EventRecorder {
  /** Returns at once and never throws. Messages over 1024 bytes are cut. */
  event(on: ObjectReference, type: EventType, reason: string, message: string): void;
  /** Resolves when what was recorded so far is sent or given up. */
  flush(): Promise<void>;
}

export interface EventRecorderOptions {
  /** Who says it: shown as FROM. */
  component: string;
  /** Which replica of it. */
  instance: string;
  clock?: Clock;
  random?: Random;
  log?: Log;
}

/** As in client-go: within it, an identical event raises the count of the first one. */
const SAME_EVENT_MS = 10 * 60_000;
/** Within it, so many of one reason stand beside each other; the next ones take the place of the newest, and are counted there. */
const SIMILAR = 5;
const MAX_REMEMBERED = 4096;
/** Requests for one reason of one object: so many at once, then one in half a minute. Of its own each, so that what flaps never keeps the rest from being told. */
const BURST = 10;
const REFILL_MS = 30_000;
/** More wait only while the API server does not answer. */
const MAX_WAITING = 1000;
/** events.k8s.io/v1 allows no more, in bytes. */
const MAX_MESSAGE_BYTES = 1024;

interface Sent {
  namespace: string;
  name: string;
  message: string;
  count: number;
  lastAt: number;
}

export function createEventRecorder(kube: Pick<Kube, 'create' | 'patch'>, options: EventRecorderOptions): EventRecorder {
  const { component, instance, clock = systemClock, random = Math.random, log = silent } = options;
  /** By object, type and reason: those of the last minutes, oldest first. */
  const sent = new Map<string, Sent[]>();
  const buckets = new Map<string, { tokens: number; at: number }>();
  let waiting = 0;
  let last = Promise.resolve();

  function takeToken(key: string): boolean {
    const now = clock.monotonic();
    const bucket = buckets.get(key) ?? { tokens: BURST, at: now };
    const tokens = Math.min(BURST, bucket.tokens + (now - bucket.at) / REFILL_MS);
    remember(buckets, key, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
    return tokens >= 1;
  }

  async function send(on: ObjectReference, type: EventType, reason: string, message: string, at: number): Promise<void> {
    const key = JSON.stringify([on.uid, type, reason]);
    const timestamp = new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
    const known = (sent.get(key) ?? []).filter(({ lastAt }) => at - lastAt < SAME_EVENT_MS);
    const before = known.find((event) => event.message === message) ?? (known.length >= SIMILAR ? known.at(-1) : undefined);
    if (before) {
      const now = { ...before, message, count: before.count + 1, lastAt: at };
      const others = known.filter((event) => event !== before);
      remember(sent, key, [...others, now]);
      if (!takeToken(key)) return;
      try {
        await kube.patch(EVENTS, now.namespace, now.name, { count: now.count, lastTimestamp: timestamp, message }, { type: 'merge' });
        return;
      } catch (error) {
        // The API server forgets events after an hour or so; then this is a new one.
        if (!isNotFound(error)) throw error;
        remember(sent, key, others);
      }
    } else if (!takeToken(key)) {
      log.debug({ on, reason }, 'event dropped: too many of this reason');
      return;
    }
    const namespace = on.namespace ?? 'default';
    for (;;) {
      const name = eventName(on.name, at, random);
      const event = {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace },
        involvedObject: on,
        type,
        reason,
        message,
        source: { component },
        reportingComponent: component,
        reportingInstance: instance,
        firstTimestamp: timestamp,
        lastTimestamp: timestamp,
        count: 1,
      };
      try {
        await kube.create<KubeObject>(EVENTS, namespace, event);
        remember(sent, key, [...(sent.get(key) ?? []), { namespace, name, message, count: 1, lastAt: at }].slice(-SIMILAR));
        return;
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
    }
  }

  return {
    event(on, type, reason, message) {
      if (waiting >= MAX_WAITING) return log.debug({ on, reason }, 'event dropped: too many wait');
      const at = clock.now();
      waiting++;
      // One after the other: that keeps their order, and counts right.
      last = last
        .then(() => send(on, type, reason, cut(message), at))
        .catch((error: unknown) => log.debug({ err: error, on, reason }, 'event not recorded'))
        .finally(() => waiting--);
    },
    flush: () => last,
  };
}

/** The reference of an object that carries its apiVersion and kind. */
export function referenceTo(object: KubeObject & { apiVersion: string; kind: string }): ObjectReference {
  const { apiVersion, kind, metadata } = object;
  const { namespace, name, uid, resourceVersion } = metadata;
  return { apiVersion, kind, namespace, name, uid, resourceVersion };
}

/** `<object>.<16 hex digits>`, as client-go's; within the 253 characters of a name. */
function eventName(objectName: string, at: number, random: Random): string {
  const digits = at.toString(16).padStart(11, '0').slice(-11) + Math.floor(random() * 16 ** 5).toString(16).padStart(5, '0');
  return `${objectName.slice(0, 253 - digits.length - 1).replace(/[^a-z0-9]+$/, '')}.${digits}`;
}

function cut(message: string): string {
  if (Buffer.byteLength(message) <= MAX_MESSAGE_BYTES) return message;
  // A character that is cut in two becomes U+FFFD; take it off.
  return `${Buffer.from(message).subarray(0, MAX_MESSAGE_BYTES - 3).toString('utf8').replace(/\uFFFD+$/, '')}…`;
}

/** Keeps the newest MAX_REMEMBERED entries. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > MAX_REMEMBERED) map.delete(map.keys().next().value as string);
}
