// Where the files of a run are, from what was pinned at its start.
import { runPrefix } from '../protocol/keys.js';
import type { Run, RunRecord } from './record.js';

export function locationOf(run: Pick<Run, 'id' | 'destination'>, capture: RunRecord['capture']): { prefix: string; location: string } {
  const prefix = runPrefix(run.destination.prefix, capture.namespace, capture.name, run.id);
  return { prefix, location: `s3://${run.destination.bucket}/${prefix}` };
}
