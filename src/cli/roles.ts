// Which of the roles of config/rbac gives a right that somebody lacks.
import { GROUP } from '../api/group.js';

/** A Role of the namespace that capture pods are in. */
export const LIVE_ROLE = 'packetcapture-live';
const READS = new Set(['get', 'list', 'watch']);

/** Undefined where none of ours does. */
export function roleFor(verb: string, resource: string, group: string): string | undefined {
  if (group === '' && resource === 'pods/portforward') return LIVE_ROLE;
  if (group !== GROUP) return group === '' && resource.startsWith('pods') && READS.has(verb) && !resource.includes('/') ? 'view' : undefined;
  if (resource === 'packetcaptures') {
    if (READS.has(verb)) return 'packetcapture-view (part of view, edit and admin)';
    return `packetcapture-edit (part of edit and admin)${verb === 'create' ? ', or packetcapture-creator,' : ''}`;
  }
  if (resource === 'capturedownloads') return 'packetcapture-edit (part of edit and admin), or packetcapture-download,';
  if (resource === 'clustercapturedestinations') return READS.has(verb) ? 'packetcapture-destination-view' : 'packetcapture-destination-admin';
  return undefined;
}
