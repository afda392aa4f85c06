// The API server as this project sees it: a handful of verbs over plain objects, for any resource.
import type { KubeError } from './errors.js';
import type { KubeObject, NewObject } from './object.js';
import type { Resource } from './resources.js';

export interface CallOptions {
  /** Gives up the call; it then throws a KubeError of reason Aborted. */
  signal?: AbortSignal | undefined;
  /** For one try of this call; default is the client's. */
  timeoutMs?: number | undefined;
}

export interface ListOptions extends CallOptions {
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  limit?: number | undefined;
  continue?: string | undefined;
  resourceVersion?: string | undefined;
  resourceVersionMatch?: 'Exact' | 'NotOlderThan' | undefined;
}

export interface List<T> {
  items: T[];
  resourceVersion: string;
  /** Set: there are more pages. */
  continue?: string;
}

export interface ReplaceOptions extends CallOptions {
  subresource?: string | undefined;
}

export interface CreateOptions extends CallOptions {
  /** Of the object that metadata.name names: a request that is answered, such as serviceaccounts/token. */
  subresource?: string | undefined;
  /** The server checks and completes it as if it would store it, and does not. */
  dryRun?: boolean | undefined;
}

export interface PathOptions extends CallOptions {
  /** The Accept header; default: application/json. */
  accept?: string | undefined;
}

export interface PatchOptions extends CallOptions {
  /** merge: RFC 7386; json: RFC 6902, the patch is an array; apply: server-side apply, needs fieldManager. */
  type: 'merge' | 'json' | 'apply';
  subresource?: string | undefined;
  /** Default: the user agent's name, as the API server derives it. */
  fieldManager?: string | undefined;
  /** Only with apply: take over fields of other managers. */
  force?: boolean | undefined;
}

export interface RemoveOptions extends CallOptions {
  /** Preconditions; a mismatch throws a Conflict. */
  uid?: string | undefined;
  resourceVersion?: string | undefined;
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground' | undefined;
  gracePeriodSeconds?: number | undefined;
}

export interface PodLogOptions extends CallOptions {
  tailLines?: number | undefined;
  /** The API server's own limit: it cuts the END of what tailLines selected. */
  limitBytes?: number | undefined;
  /** The container's last instance, not the present one. */
  previous?: boolean | undefined;
  /** Reading stops here, whatever the server sends; what came before is returned. */
  maxBytes: number;
}

export interface WatchOptions {
  resourceVersion: string;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  timeoutSeconds: number;
  signal?: AbortSignal | undefined;
}

export type WatchEvent<T> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T }
  /** Only metadata.resourceVersion is set. */
  | { type: 'BOOKMARK'; object: KubeObject }
  | { type: 'ERROR'; error: KubeError };

/** Every verb throws a KubeError. GETs are retried a few times; writes only where the server said 429, so that none happens twice. */
export interface Kube {
  /** undefined where there is none. */
  get<T extends KubeObject>(resource: Resource, namespace: string | undefined, name: string, options?: CallOptions): Promise<T | undefined>;
  /** One page; all namespaces where namespace is undefined. */
  list<T extends KubeObject>(resource: Resource, namespace: string | undefined, options?: ListOptions): Promise<List<T>>;
  create<T extends KubeObject>(resource: Resource, namespace: string | undefined, object: NewObject, options?: CreateOptions): Promise<T>;
  /** PUT: the resourceVersion in the object is the precondition; a stale one throws a Conflict. */
  replace<T extends KubeObject>(resource: Resource, object: KubeObject, options?: ReplaceOptions): Promise<T>;
  /** With metadata.resourceVersion or metadata.uid in a merge patch, they are preconditions. */
  patch<T extends KubeObject>(resource: Resource, namespace: string | undefined, name: string, patch: object, options: PatchOptions): Promise<T>;
  /** false where there was none. true: accepted; finalizers may still keep the object. */
  remove(resource: Resource, namespace: string | undefined, name: string, options?: RemoveOptions): Promise<boolean>;
  podLog(namespace: string, pod: string, container: string, options: PodLogOptions): Promise<string>;
  /** GET of any path, with its query, that answers in JSON: discovery, /version, a Table. Throws also where nothing is. */
  getPath<T>(path: string, options?: PathOptions): Promise<T>;
  /** Ends when the server closes the watch; throws where it is refused or the connection breaks. For the reflector; others watch through one. */
  watch<T extends KubeObject>(resource: Resource, namespace: string | undefined, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** Closes the idle connections. */
  close(): void;
}
