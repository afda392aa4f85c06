// Gauges of what the caches hold, counted when somebody asks: captures by phase, what they still hold on nodes, and destinations.
import type { Condition } from '../../api/fields.js';
import type { PacketCaptureStatus } from '../../api/packetcapture-status.js';
import { CONDITION } from '../../api/reasons.js';
import { QUEUED } from '../../plan/follow.js';
import type { Caches } from '../caches.js';
import { PHASES } from './catalogue.js';
import type { Metrics } from './registry.js';

type Phase = (typeof PHASES)[number];

export function measureObjects(metrics: Metrics, caches: Pick<Caches, 'captures' | 'destinations'>): void {
  metrics.beforeScrape(() => {
    const phases = new Map<Phase, number>();
    let queued = 0;
    let packets = 0;
    let bytes = 0;
    for (const capture of caches.captures.store.list()) {
      const status = capture.status as PacketCaptureStatus | undefined;
      const phase = phaseOf(status?.phase);
      phases.set(phase, (phases.get(phase) ?? 0) + 1);
      if (phase === 'Pending' && ready(status?.conditions)?.reason === QUEUED) queued++;
      packets += status?.packets?.pending ?? 0;
      bytes += status?.bytes?.pending ?? 0;
    }
    for (const phase of PHASES) metrics.set('packetcapture_captures', phases.get(phase) ?? 0, { phase });
    metrics.set('packetcapture_captures_queued', queued);
    metrics.set('packetcapture_pending_packets', packets);
    metrics.set('packetcapture_pending_bytes', bytes);
  });
  metrics.beforeScrape(() => {
    metrics.reset('packetcapture_destination_ready');
    for (const { metadata, status } of caches.destinations.store.list()) metrics.set('packetcapture_destination_ready', ready(status?.conditions)?.status === 'True' ? 1 : 0, { destination: metadata.name });
  });
}

/** One that nobody has looked at yet is as good as Pending. */
const phaseOf = (phase: string | undefined): Phase => PHASES.find((known) => known === phase) ?? 'Pending';

const ready = (conditions: Condition[] | undefined): Condition | undefined => conditions?.find(({ type }) => type === CONDITION.ready);
