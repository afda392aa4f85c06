// The verbs of Kube as HTTP calls: paths, queries, content types, retries, and one place where an answer becomes a value or a KubeError.
import type { Readable } from 'node:stream';
import type { KubeConfig } from '@kubernetes/client-node';
import { type Clock, pause, type Random, systemClock } from './clock.js';
import { Deadline } from './deadline.js';
import { errorFromNetwork, errorFromResponse, isInvalid, isNotFound, KubeError } from './errors.js';
import { fenced } from './fence.js';
import type { CallOptions, Kube, List, WatchOptions } from './kube.js';
import type { KubeObject } from './object.js';
import { type Resource, resourcePath } from './resources.js';
import { retryDelayMs } from './retry.js';
import { httpsTransport, type Transport, type TransportRequest, type TransportResponse } from './transport.js';
import { watchEvents } from './watch-stream.js';

/** One try of one call, for metrics. A watch is reported when it begins. */
export interface RequestInfo {
  verb: 'get' | 'list' | 'create' | 'update' | 'patch' | 'delete' | 'watch';
  /** Plural, with the subresource: `pods/log`. */
  resource: string;
  /** HTTP status; 0 where no answer came. */
  status: number;
  durationMs: number;
}

export interface KubeOptions {
  /** `<name>/<version>`; the API server takes the name as the field manager. */
  userAgent: string;
  /** For one try of a call without a time of its own. Default 30 s. */
  timeoutMs?: number;
  /** Gives up each call that has no signal of its own. */
  signal?: AbortSignal;
  onRequest?: (request: RequestInfo) => void;
  clock?: Clock;
  random?: Random;
}

interface Call {
  verb: RequestInfo['verb'];
  method: TransportRequest['method'];
  resource: Resource;
  namespace?: string | undefined;
  name?: string | undefined;
  subresource?: string | undefined;
  query?: Record<string, string | number | boolean | undefined>;
  body?: object;
  contentType?: string;
  accept?: string | undefined;
  /** With the query, in place of the resource's. */
  path?: string;
}

const PATCH_TYPES = { merge: 'application/merge-patch+json', json: 'application/json-patch+json', apply: 'application/apply-patch+yaml' } as const;
const DEFAULT_TIMEOUT_MS = 30_000;

/** `mayWrite` is asked before each try of a write; where it says no, the write throws a KubeError of reason Fenced. */
export function createKube(kubeConfig: KubeConfig, { mayWrite = () => true, ...options }: KubeOptions & { mayWrite?: () => boolean }): Kube {
  return kubeOver(fenced(httpsTransport(kubeConfig), mayWrite), options);
}

export function kubeOver(transport: Transport, { userAgent, timeoutMs = DEFAULT_TIMEOUT_MS, signal: ofAll, onRequest, clock = systemClock, random = Math.random }: KubeOptions): Kube {
  /** One try. `read` gets the body of a success. */
  async function attempt<R>(call: Call, deadline: Deadline, read: (body: Readable) => Promise<R>): Promise<R> {
    const startedAt = clock.monotonic();
    let status = 0;
    try {
      const response = await transport.send(requestOf(call, userAgent, deadline.signal));
      status = response.status;
      return await answer(response, read);
    } catch (error) {
      // Where one connection is dead, the idle ones beside it are likely dead too.
      if (deadline.expired) transport.dropIdle();
      throw deadline.explain() ?? errorFromNetwork(error);
    } finally {
      onRequest?.({ verb: call.verb, resource: nameOf(call), status, durationMs: clock.monotonic() - startedAt });
    }
  }

  async function send<R>(call: Call, options: CallOptions | undefined, read: (body: Readable) => Promise<R>): Promise<R> {
    const signal = options?.signal ?? ofAll;
    for (let tries = 1; ; tries++) {
      const deadline = new Deadline(options?.timeoutMs ?? timeoutMs, signal);
      try {
        return await attempt(call, deadline, read);
      } catch (error) {
        const delayMs = retryDelayMs(error as KubeError, { isRead: call.method === 'GET', tries }, random);
        if (delayMs === undefined) throw error;
        await pause(clock, delayMs, signal);
      } finally {
        deadline.end();
      }
    }
  }

  const json = <T>(call: Call, options?: CallOptions): Promise<T> => send(call, options, async (body) => JSON.parse(await text(body)) as T);

  return {
    get: (resource, namespace, name, options) => json<never>({ verb: 'get', method: 'GET', resource, namespace, name }, options).catch(undefinedIfNotFound),

    async list<T extends KubeObject>(resource: Resource, namespace: string | undefined, options: CallOptions & Record<string, unknown> = {}): Promise<List<T>> {
      const { signal, timeoutMs, ...query } = options;
      const call: Call = { verb: 'list', method: 'GET', resource, namespace, query: query as NonNullable<Call['query']> };
      const list = await json<{ apiVersion: string; kind: string; metadata: { resourceVersion: string; continue?: string }; items: T[] | null }>(call, { signal, timeoutMs });
      // Items of a list carry no type of their own.
      const type = { apiVersion: list.apiVersion, kind: list.kind.replace(/List$/, '') };
      const items = (list.items ?? []).map((item) => ({ ...type, ...item }));
      return { items, resourceVersion: list.metadata.resourceVersion, ...(list.metadata.continue ? { continue: list.metadata.continue } : {}) };
    },

    create: (resource, namespace, object, { subresource, dryRun, ...options } = {}) =>
      json({ verb: 'create', method: 'POST', resource, namespace, ...(subresource !== undefined && { name: object.metadata.name, subresource }), query: { dryRun: dryRun ? 'All' : undefined }, body: object }, options),

    replace(resource, object, options) {
      const { namespace, name } = object.metadata;
      return json({ verb: 'update', method: 'PUT', resource, namespace, name, subresource: options?.subresource, body: object }, options);
    },

    patch(resource, namespace, name, patch, options) {
      const { type, subresource, fieldManager, force } = options;
      return json({ verb: 'patch', method: 'PATCH', resource, namespace, name, subresource, query: { fieldManager, force }, body: patch, contentType: PATCH_TYPES[type] }, options).catch(conflictIfOtherUid) as Promise<never>;
    },

    remove(resource, namespace, name, { uid, resourceVersion, propagationPolicy, gracePeriodSeconds, ...options } = {}) {
      const preconditions = uid === undefined && resourceVersion === undefined ? undefined : { uid, resourceVersion };
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions, propagationPolicy, gracePeriodSeconds };
      return json({ verb: 'delete', method: 'DELETE', resource, namespace, name, body }, options).then(() => true, falseIfNotFound);
    },

    podLog(namespace, pod, container, { tailLines, limitBytes, previous, maxBytes, ...options }) {
      const resource = { group: '', version: 'v1', plural: 'pods', namespaced: true };
      const call: Call = { verb: 'get', method: 'GET', resource, namespace, name: pod, subresource: 'log', query: { container, tailLines, limitBytes, previous } };
      return send(call, options, (body) => text(body, maxBytes));
    },

    getPath: (path, { accept, ...options } = {}) => json({ verb: 'get', method: 'GET', resource: { group: '', version: '', plural: path.split('?')[0] as string, namespaced: false }, path, accept }, options),

    async *watch(resource, namespace, { signal = ofAll, ...query }: WatchOptions) {
      const deadline = new Deadline(timeoutMs, signal);
      let opened: Readable | undefined;
      try {
        const call: Call = { verb: 'watch', method: 'GET', resource, namespace, query: { ...query, watch: true, allowWatchBookmarks: true } };
        const body = await attempt(call, deadline, (stream) => Promise.resolve(stream));
        opened = body;
        deadline.lift();
        yield* watchEvents(body);
      } catch (error) {
        throw deadline.explain() ?? errorFromNetwork(error);
      } finally {
        opened?.destroy();
        deadline.end();
      }
    },

    close: () => transport.dropIdle(),
  };
}

function requestOf({ resource, namespace, name, subresource, query = {}, path: whole, accept, body, method, contentType = 'application/json' }: Call, userAgent: string, signal: AbortSignal): TransportRequest {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined && value !== '') parameters.set(key, String(value));
  const path = whole ?? resourcePath(resource, namespace, name, subresource) + (parameters.size > 0 ? `?${parameters.toString()}` : '');
  const headers: Record<string, string> = { 'User-Agent': userAgent, Accept: accept ?? (subresource === 'log' ? '*/*' : 'application/json') };
  if (body === undefined) return { method, path, headers, signal };
  return { method, path, headers: { ...headers, 'Content-Type': contentType }, body: JSON.stringify(body), signal };
}

const nameOf = ({ resource, subresource }: Call): string => (subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`);

async function answer<R>({ status, headers, body }: TransportResponse, read: (body: Readable) => Promise<R>): Promise<R> {
  if (status >= 200 && status < 300) return read(body);
  throw errorFromResponse(status, await text(body), headers['retry-after']);
}

/** At most maxBytes of it; a longer body is cut off, and its connection closed. */
async function text(body: Readable, maxBytes = Infinity): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop early destroys the stream.
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
}

function undefinedIfNotFound(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}

/** A UID in a patch is a precondition; a server that finds another one says that the field cannot be changed (422). */
function conflictIfOtherUid(error: unknown): never {
  const { details, message } = error as KubeError;
  if (!isInvalid(error) || !details?.causes?.some(({ field }) => field === 'metadata.uid')) throw error;
  throw new KubeError({ status: 409, reason: 'Conflict', message, details, cause: error });
}

function falseIfNotFound(error: unknown): false {
  if (!isNotFound(error)) throw error;
  return false;
}
