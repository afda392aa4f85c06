// A whole LIST, page by page, however long it takes the server's memory of it.
import { isGone } from './errors.js';
import type { Kube, List, ListOptions } from './kube.js';
import type { KubeObject } from './object.js';
import type { Resource } from './resources.js';

export interface ListAllOptions<T> extends Omit<ListOptions, 'continue' | 'limit'> {
  pageSize?: number | undefined;
  /** Applied page by page, so that only what it keeps is held in memory. */
  transform?: ((object: T) => T) | undefined;
}

/** All objects, as they were at one resourceVersion. */
export async function listAll<T extends KubeObject>(kube: Pick<Kube, 'list'>, resource: Resource, namespace: string | undefined, options: ListAllOptions<T> = {}): Promise<Omit<List<T>, 'continue'>> {
  const { pageSize = 500, transform = (object: T) => object, ...query } = options;
  const items: T[] = [];
  let token: string | undefined;
  for (;;) {
    try {
      const page = await kube.list<T>(resource, namespace, { ...query, limit: pageSize, continue: token });
      for (const item of page.items) items.push(transform(item));
      token = page.continue;
      if (token === undefined) return { items, resourceVersion: page.resourceVersion };
    } catch (error) {
      if (token === undefined || !isGone(error)) throw error;
      // The first page's version was compacted away before the last page was read: one answer cannot outlive itself.
      const whole = await kube.list<T>(resource, namespace, query);
      return { items: whole.items.map(transform), resourceVersion: whole.resourceVersion };
    }
  }
}
