// The object store's port: the few verbs that captures need of a bucket. One bucket, keys as given.

/** `prologue`, then the bytes [start, end) of a file. */
export interface FileRange {
  path: string;
  start: number;
  end: number;
  prologue: Uint8Array;
}

/** Bytes that can be read again from the start, as a retry needs. */
export interface BodySource {
  /** Bytes that `read` yields, exactly. undefined: only reading tells (a body that is compressed as it is read). Every pass yields the same bytes. */
  readonly size: number | undefined;
  /** No more bytes than this: how large its parts have to be follows from it. */
  readonly maxSize: number;
  /** Set: the content is this range of a file, and any part of it can be read at any time: none is kept in memory. */
  readonly range?: FileRange;
  /** Of a range, how many of its parts may be on their way at a time: asked before each. Absent: one. */
  readonly width?: () => number;
  /** The content in chunks of at most `chunkBytes`; all but the last have exactly that size. A chunk is valid until the next one is asked for. An abort ends it at once. */
  read(chunkBytes: number, signal: AbortSignal): AsyncIterable<Buffer>;
}

/** How the store makes its ETag: of the content's MD5, or in its own way (SSE-KMS, SSE-C, some stores). */
export interface StoredETag {
  etag: string;
  /** True: the ETag is the MD5 of the content, or `MD5 of the parts' MD5s`-`parts`. */
  isMD5: boolean;
}

export interface ObjectHead extends StoredETag {
  size: number;
  lastModified: string;
  /** How the store says that it encrypted the object: AES256, aws:kms. Absent: it says nothing. */
  encryption?: string;
}

/** What was sent and accepted: computed here, in the pass that sent it, not echoed by the store. */
export interface SentObject {
  size: number;
  /** SHA-256 of the content, hexadecimal. */
  sha256: string;
  /** The ETag that a store which uses MD5 gives this content, sent this way. */
  expectedETag: string;
}

/** A multipart upload that was begun and neither completed nor aborted. The store bills its parts. */
export interface UnfinishedUpload {
  key: string;
  uploadID: string;
  initiated: string;
}

/**
 * Every verb is one try: no retries inside. Each reads the credentials anew.
 * Each rejects with a StorageError, or with the signal's reason once it is aborted.
 */
export interface ObjectStore {
  /**
   * Writes an object whole or not at all. A body damaged on the way is refused by the store. Errors of reading the source pass through.
   * `onSending` is called before the request that makes the object: from there on it may be there, whatever becomes of the request.
   */
  put(key: string, source: BodySource, contentType: string, signal: AbortSignal, onSending?: (sent: SentObject) => void): Promise<SentObject>;
  /** undefined: no such object. */
  head(key: string, signal: AbortSignal): Promise<ObjectHead | undefined>;
  /** A small object's content; one of more than `maxBytes` is an error. undefined: no such object. */
  get(key: string, maxBytes: number, signal: AbortSignal): Promise<Buffer | undefined>;
  /** SHA-256 (hexadecimal) of an object of any size, read back from the store; one that has more than `maxBytes` is an error. undefined: no such object. */
  sha256(key: string, signal: AbortSignal, maxBytes?: number): Promise<string | undefined>;
  /** What `put` would report of this content, without sending it. */
  digest(source: BodySource, signal: AbortSignal): Promise<SentObject>;
  /** Removes an object; one that is not there is removed already. */
  remove(key: string, signal: AbortSignal): Promise<void>;
  /** Unfinished multipart uploads whose keys begin with `prefix`, the first thousand. */
  listUnfinished(prefix: string, signal: AbortSignal): Promise<UnfinishedUpload[]>;
  /** Lets the store forget the parts of an unfinished upload. */
  abortUnfinished(upload: UnfinishedUpload, signal: AbortSignal): Promise<void>;
}
