// Places: what the runs of a capture take up in its namespace and on nodes, as its record says.
import * as z from 'zod';

/** What only so many captures may use at a time. */
export interface Place {
  kind: 'namespace' | 'node';
  name: string;
}

export const placeKey = ({ kind, name }: Place): string => `${kind}/${name}`;

/** What one capture takes up. */
export interface Holdings {
  namespace: string;
  runs: RunHoldings[];
}

interface RunHoldings {
  id: string;
  /** It captures or delivers, and has no result. */
  isActive: boolean;
  /** Nodes that the run ever had, and whether its agent is there still or will be. */
  nodes: Record<string, boolean>;
}

const seenRun = z.object({
  id: z.string(),
  result: z.object({ revisable: z.unknown().optional() }).optional(),
  nodes: z.array(z.object({ node: z.string(), report: z.object({ done: z.boolean().optional() }).optional(), failure: z.unknown().optional(), lost: z.unknown().optional() })),
});
const seenRecord = z.object({ capture: z.object({ namespace: z.string() }), run: seenRun, draining: seenRun.optional() });

/**
 * A namespace's place is free with the result of the run, also while late files are still tried. A node's is free when the agent there is done:
 * until then it takes memory and disk, whatever became of the run.
 */
export function holdingsOf({ capture, run, draining }: z.infer<typeof seenRecord>): Holdings {
  return { namespace: capture.namespace, runs: [run, ...(draining ? [draining] : [])].map(runHoldings) };
}

function runHoldings({ id, result, nodes }: z.infer<typeof seenRun>): RunHoldings {
  const isSettled = result !== undefined && result.revisable === undefined;
  const isThere = ({ report, failure, lost }: (typeof nodes)[0]): boolean => !isSettled && report?.done !== true && failure === undefined && lost === undefined;
  return { id, isActive: result === undefined, nodes: Object.fromEntries(nodes.map((node) => [node.node, isThere(node)])) };
}

/** From the text of a record, also of another version's that says this much: its runs capture on, whoever can read the rest. */
export function readHoldings(text: string | undefined): Holdings | undefined {
  try {
    const parsed = seenRecord.safeParse(JSON.parse(text ?? ''));
    return parsed.success ? holdingsOf(parsed.data) : undefined;
  } catch {
    return undefined;
  }
}

/** How many of a place's are this capture's: of a namespace at most one, on a node as many as it has agents there. */
export function taken({ namespace, runs }: Holdings, { kind, name }: Place): number {
  if (kind === 'node') return runs.filter(({ nodes }) => nodes[name] === true).length;
  return namespace === name && runs.some(({ isActive }) => isActive) ? 1 : 0;
}

export function placesOf(holdings: Holdings): Place[] {
  const nodes = new Set(holdings.runs.flatMap(({ nodes }) => Object.keys(nodes)));
  const all: Place[] = [{ kind: 'namespace', name: holdings.namespace }, ...[...nodes].map((name): Place => ({ kind: 'node', name }))];
  return all.filter((place) => taken(holdings, place) > 0);
}

/** What a cache and a decision that it may not know of say together. What a run has given up it never takes again, so the cache is right about what it knows. */
export function together(cached: Holdings, decided: Holdings): Holdings {
  const known = new Map(cached.runs.map((run) => [run.id, run]));
  const later = decided.runs.map((run) => {
    const seen = known.get(run.id);
    known.delete(run.id);
    return seen ? { ...seen, nodes: { ...run.nodes, ...seen.nodes } } : run;
  });
  return { namespace: decided.namespace, runs: [...later, ...known.values()] };
}

/** Whether the cache knows of all that was decided. */
export const knows = (cached: Holdings, decided: Holdings): boolean =>
  decided.runs.every(({ id, nodes }) => {
    const seen = cached.runs.find((run) => run.id === id);
    return seen !== undefined && Object.keys(nodes).every((node) => node in seen.nodes);
  });
