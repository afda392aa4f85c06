// docs/reasons.md, from the table of reasons.
import { REASONS, type Place, type ReasonEntry } from '../../src/api/reason-table.js';
import { cell, reasonAnchor } from './api/markdown.js';

const HEAD = `# Reasons

Every word that stands as \`reason\` in a condition, in an Event, beside a target, a file or a gap. Each means the same everywhere; a reason that is missing here is another version's.

- \`kubectl get packetcaptures\` shows the reason of **Ready**. Where Ready is False, the same reason and message stand in **Reconciling** (the operator goes on by itself when it can) or in **Stalled** (it waits for an edit, or the run has failed).
- **An Event** tells of a turn: a run that begins, Ready with another reason, Delivered turned False and back, LossDetected no longer False, targets that came and went, each snapshot. It has the reason and the message of the condition, and is written after the status was. An operator that dies between the two tells of that turn no more, and none tells of it twice: the status is the truth, Events are its history as far as it was told. Of one reason an object has at most five Events in ten minutes; what comes after them is told in the newest, and counted there.
- **status.targets[]** has the reason of each target, the manifest in the bucket that of each gap and of each file that was given up.
`;

/** Where an Event is told of a turn to it. */
const TOLD: ReadonlySet<Place> = new Set<Place>(['Accepted', 'Ready', 'Delivered', 'LossDetected', 'Event', 'Ready of a destination']);
const placesOf = ({ places }: ReasonEntry): string => [...new Set<Place>(places)].join(', ');

export const path = 'docs/reasons.md';

export function page(): string {
  const rows = Object.entries<ReasonEntry>(REASONS)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([reason, entry]) => `| <a id="${reasonAnchor(reason)}"></a>\`${reason}\` | ${entry.places.some((place) => TOLD.has(place)) ? entry.type : ''} | ${placesOf(entry)} | ${cell(entry.means)} | ${cell(entry.remedy ?? '')} |`);
  return `<!-- Generated from src/api/reason-table.ts by \`make docs\`. Edit there. -->\n${HEAD}\n| reason | Event | where | what it means | what to do |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
}
