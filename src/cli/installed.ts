// An object that is not there, told apart from a cluster on which nothing of ours is installed: an API server answers 404 to both.
import { API_VERSION, GROUP } from '../api/group.js';
import { isNotFound } from '../kube/errors.js';
import type { Kube } from '../kube/kube.js';
import { EXIT } from './exit-codes.js';
import { notInstalled } from './failure-of.js';
import { Failure } from './failure.js';

/** The same client, whose get throws a Failure where the API server does not serve our group. */
export function knowingWhatIsInstalled(kube: Kube, server: string): Kube {
  return {
    ...kube,
    async get(resource, namespace, name, options) {
      const found = await kube.get<never>(resource, namespace, name, options);
      if (found === undefined && resource.group === GROUP) {
        await kube.getPath(`/apis/${API_VERSION}`, options).catch((error: unknown) => {
          if (isNotFound(error)) throw new Failure(notInstalled(server), EXIT.notFound, { cause: error });
        });
      }
      return found;
    },
  };
}
