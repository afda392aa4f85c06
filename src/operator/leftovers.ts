// The list of nodes that are to be swept: a ConfigMap, written by compare-and-swap.
import type { Kube } from '../kube/kube.js';
import type { KubeObject, NewObject } from '../kube/object.js';
import { CONFIG_MAPS } from '../kube/resources.js';
import { entryOf, LEFTOVERS_NAME, leftoversConfigMap, withLeftovers, type Leftover } from '../plan/leftovers.js';

export interface LeftoversOptions {
  kube: Pick<Kube, 'get' | 'create' | 'replace'>;
  jobsNamespace: string;
  retentionSeconds: number;
  now: () => number;
  onNoted: () => void;
}

interface Listed {
  data: Record<string, string>;
  /** Absent: there is no ConfigMap yet. */
  resourceVersion?: string;
}

export class Leftovers {
  /** What this process knows to be listed: a turn that finds the same again asks nobody. */
  private readonly noted = new Set<string>();

  constructor(private readonly options: LeftoversOptions) {}

  async note(leftovers: Leftover[]): Promise<void> {
    const news = leftovers.filter(({ node, spool }) => !this.noted.has(`${node}/${spool}`));
    if (news.length === 0) return;
    const { retentionSeconds, now } = this.options;
    const listed = await this.list();
    const data = withLeftovers(listed.data, news, now(), retentionSeconds);
    if (data !== listed.data) await this.write(data, listed);
    for (const { node, spool } of news) this.noted.add(`${node}/${spool}`);
    this.options.onNoted();
  }

  async list(): Promise<Listed> {
    const { kube, jobsNamespace } = this.options;
    const configMap = await kube.get<KubeObject & { data?: Record<string, string> }>(CONFIG_MAPS, jobsNamespace, LEFTOVERS_NAME);
    return configMap ? { data: configMap.data ?? {}, resourceVersion: configMap.metadata.resourceVersion } : { data: {} };
  }

  /** Sweeps the node again at `dueTime`, or not any more: unless its entry is another by now than the one that this was decided on. */
  async settle(node: string, decidedOn: string, dueTime: string | undefined): Promise<void> {
    const listed = await this.list();
    const { [node]: present, ...others } = listed.data;
    if (present !== decidedOn) return;
    const entry = entryOf(listed.data, node);
    const data = dueTime === undefined || !entry ? others : { ...others, [node]: JSON.stringify({ ...entry, dueTime }) };
    await this.write(data, listed);
    if (dueTime === undefined) for (const key of this.noted) if (key.startsWith(`${node}/`)) this.noted.delete(key);
  }

  private async write(data: Record<string, string>, { resourceVersion }: Listed): Promise<void> {
    const { kube, jobsNamespace } = this.options;
    const object = leftoversConfigMap(data, jobsNamespace, resourceVersion);
    if (resourceVersion === undefined) await kube.create(CONFIG_MAPS, jobsNamespace, object as NewObject);
    else await kube.replace(CONFIG_MAPS, object as KubeObject);
  }
}
