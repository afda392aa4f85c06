// The part of an API server that an election needs: one object, compare-and-swap by resourceVersion, answers that may be late or lost.
import type { Kube } from '../../../src/kube/kube.js';
import type { Lease } from '../../../src/kube/lease.js';
import type { KubeObject, NewObject } from '../../../src/kube/object.js';
import type { Resource } from '../../../src/kube/resources.js';
import { anError } from './builders.js';

export type LeaseKube = Pick<Kube, 'get' | 'create' | 'replace'>;

export class LeaseServer {
  lease: Lease | undefined;
  #version = 0;

  /** What one process sees of it. `before` and `after` run around each call: a throw there is a request, or an answer, that got lost. */
  client({ before = () => Promise.resolve(), after = () => Promise.resolve() }: { before?: (verb: keyof LeaseKube) => Promise<void>; after?: (verb: keyof LeaseKube) => Promise<void> } = {}): LeaseKube {
    const call = async <R>(verb: keyof LeaseKube, answer: () => R): Promise<R> => {
      await before(verb);
      const result = answer();
      await after(verb);
      return result;
    };
    return {
      get: <T extends KubeObject>() => call('get', () => structuredClone(this.lease) as T | undefined),
      create: <T extends KubeObject>(_resource: Resource, _namespace: string | undefined, object: NewObject) =>
        call('create', () => {
          if (this.lease) throw anError(409, { reason: 'AlreadyExists' });
          return this.write(object as Lease) as unknown as T;
        }),
      replace: <T extends KubeObject>(_resource: Resource, object: KubeObject) =>
        call('replace', () => {
          if (object.metadata.resourceVersion !== this.lease?.metadata.resourceVersion) throw anError(409, { reason: 'Conflict' });
          return this.write(object) as unknown as T;
        }),
    };
  }

  write(lease: Lease): Lease {
    this.#version += 1;
    this.lease = structuredClone({ ...lease, metadata: { ...lease.metadata, resourceVersion: String(this.#version) } });
    return structuredClone(this.lease);
  }

  get holder(): string | undefined {
    return this.lease?.spec?.holderIdentity;
  }
}
