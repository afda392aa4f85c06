// Which nodes may hold spools that are nobody's: noted before the run is forgotten, until a sweep has been there.
import * as z from 'zod';
import { LABEL, MANAGED_BY } from '../api/group.js';
import { spoolDirectory } from './names.js';
import type { PodObject } from './objects.js';
import { isSettled, type RunRecord } from './record.js';

export const LEFTOVERS_NAME = 'packetcapture-leftovers';

/** A spool whose agent never said that it had removed it. */
export interface Leftover {
  node: string;
  spool: string;
  reason: string;
}

const entrySchema = z.object({
  /** When the node is to be swept. */
  dueTime: z.string(),
  since: z.string(),
  /** For people: the newest first. */
  spools: z.array(z.object({ spool: z.string(), reason: z.string() })),
});
export type LeftoverEntry = z.infer<typeof entrySchema>;

const SPOOLS_NAMED = 20;

/** Of runs that are over, as long as they are not collected; and of pods whose record was removed. */
export function leftoversOf(record: RunRecord | undefined, pods: PodObject[]): Leftover[] {
  if (!record) return pods.flatMap(strayLeftover);
  return [record.run, ...(record.draining ? [record.draining] : [])]
    .filter((run) => isSettled(run) && !run.collected)
    .flatMap((run) => run.nodes.filter((node) => !node.report?.done).map((node) => ({ node: node.node, spool: spoolDirectory(run.id, record.capture.uid), reason: node.lost?.reason ?? node.failure?.reason ?? 'NeverHeard' })));
}

function strayLeftover({ metadata: { labels }, spec: { nodeName } }: PodObject): Leftover[] {
  const [run, uid] = [labels?.[LABEL.runID], labels?.[LABEL.captureUID]];
  return run === undefined || uid === undefined || nodeName === undefined ? [] : [{ node: nodeName, spool: spoolDirectory(run, uid), reason: 'RecordRemoved' }];
}

/** The data of the ConfigMap with these leftovers in it, or the very same object where they are in it already. */
export function withLeftovers(data: Record<string, string>, leftovers: Leftover[], now: number, retentionSeconds: number): Record<string, string> {
  let next = data;
  for (const { node, spool, reason } of leftovers) {
    const entry = entryOf(next, node);
    if (entry?.spools.some((s) => s.spool === spool)) continue;
    const dueTime = entry?.dueTime ?? new Date(now + retentionSeconds * 1000).toISOString();
    const since = entry?.since ?? new Date(now).toISOString();
    next = { ...next, [node]: JSON.stringify({ dueTime, since, spools: [{ spool, reason }, ...(entry?.spools ?? [])].slice(0, SPOOLS_NAMED) } satisfies LeftoverEntry) };
  }
  return next;
}

/** Undefined where there is none, or none that can be read. */
export function entryOf(data: Record<string, string>, node: string): LeftoverEntry | undefined {
  try {
    return entrySchema.safeParse(JSON.parse(data[node] ?? '')).data;
  } catch {
    return undefined;
  }
}

export const leftoversConfigMap = (data: Record<string, string>, namespace: string, resourceVersion?: string): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: LEFTOVERS_NAME, namespace, labels: { [LABEL.managedBy]: MANAGED_BY, [LABEL.component]: 'leftovers' }, ...(resourceVersion !== undefined && { resourceVersion }) },
  data,
});

