// A bucket in memory behind the object store's port; every verb can be replaced in one line.
import { createHash } from 'node:crypto';
import type { BodySource, ObjectStore, SentObject } from '../../../src/storage/object-store.js';

const read = async (source: BodySource): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of source.read(1024, new AbortController().signal)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
};
const md5 = (content: Buffer) => createHash('md5').update(content).digest('hex');
const sent = (content: Buffer): SentObject => ({ size: content.length, sha256: createHash('sha256').update(content).digest('hex'), expectedETag: md5(content) });

export interface MemoryStore extends ObjectStore {
  objects: Map<string, Buffer>;
  /** Verbs called, in order: `put a/b`. */
  calls: string[];
}

export function memoryStore(override: Partial<ObjectStore> = {}): MemoryStore {
  const objects = new Map<string, Buffer>();
  const calls: string[] = [];
  const verbs: ObjectStore = {
    put: async (key, source, _contentType, _signal, onSending) => {
      const content = await read(source);
      onSending?.(sent(content));
      objects.set(key, content);
      return sent(content);
    },
    head: (key) => {
      const content = objects.get(key);
      return Promise.resolve(content && { size: content.length, etag: md5(content), isMD5: true, lastModified: '' });
    },
    get: (key) => Promise.resolve(objects.get(key)),
    sha256: (key) => Promise.resolve(objects.has(key) ? sent(objects.get(key) as Buffer).sha256 : undefined),
    digest: async (source) => sent(await read(source)),
    remove: (key) => Promise.resolve(void objects.delete(key)),
    listUnfinished: () => Promise.resolve([]),
    abortUnfinished: () => Promise.resolve(),
    ...override,
  };
  const recorded = Object.fromEntries(
    Object.entries(verbs).map(([verb, run]) => [
      verb,
      (...args: unknown[]) => {
        if (verb !== 'digest') calls.push(`${verb} ${typeof args[0] === 'string' ? args[0] : ''}`.trim());
        return (run as (...a: unknown[]) => unknown)(...args);
      },
    ]),
  ) as unknown as ObjectStore;
  return { ...recorded, objects, calls };
}
