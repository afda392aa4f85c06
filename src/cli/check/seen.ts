// What came back where something was asked for: the thing, or that this user may not see it, or what went wrong.
import { isForbidden } from '../../kube/errors.js';
import type { Finding, Findings } from './finding.js';

export type Seen<T> = { value: T } | { forbidden: true } | { problem: string };

export async function see<T>(asked: Promise<T>): Promise<Seen<T>> {
  try {
    return { value: await asked };
  } catch (error) {
    return isForbidden(error) ? { forbidden: true } : { problem: error instanceof Error ? error.message : String(error) };
  }
}

/** What follows from what was seen; that it could not be seen is no failure. */
export function judge<T>(seen: Seen<T>, what: string, { warn, fail }: Findings, decide: (value: T) => Finding[]): Finding[] {
  if ('value' in seen) return decide(seen.value);
  if ('forbidden' in seen) return [warn(`cannot see ${what}: this user may not`, 'ask whoever administers the cluster to run this check')];
  return [fail(`cannot read ${what}: ${seen.problem}`, 'try again; if it stays, look after the API server')];
}

/** The thing, where it was seen and is there. */
export const valueOf = <T>(seen: Seen<T>): T | undefined => ('value' in seen ? seen.value : undefined);
