// A file's end: uploaded or discarded, once, in sums, by reason, in its snapshot and for the manifest.
import { DISCARD_REASON } from '../../api/reasons.js';
import type { ManifestFile } from '../../protocol/manifest.js';
import { microTime } from '../clock.js';
import { FILE_HEADER_BYTES } from '../../pcap/scanner.js';
import type { SpoolEvent, SpoolFile } from './events.js';
import { snapshotOf } from './snapshot.js';
import { fileID, type SpoolState, type TargetState } from './state.js';

const RECENT_FILES_KEPT = 10;

/** A file leaves `pending` exactly once, whatever is repeated. What a recorder's ring let go stays in the sums alone. */
export function settle(state: SpoolState, target: TargetState, event: SpoolEvent & { type: 'uploaded' | 'discarded' }): void {
  const id = fileID(event);
  const file = state.pending[id];
  if (!file) return;
  delete state.pending[id];
  state.leaving[id] = file;
  const outcome = event.type;
  const amounts = { packets: file.packets, files: 1, bytes: pcapBytes(file) };
  for (const unit of ['packets', 'files', 'bytes'] as const) {
    target.settled[unit].captured += amounts[unit];
    target.settled[unit][outcome] += amounts[unit];
  }
  const snapshot = snapshotOf(state, file);
  if (snapshot) snapshot[outcome] += file.packets;
  if (event.type === 'discarded' && event.reason === DISCARD_REASON.released) {
    target.settled.packets.released += file.packets;
    return;
  }
  const entry = manifestEntry(file);
  if (event.type === 'discarded') {
    state.discards[event.reason] = (state.discards[event.reason] ?? 0) + file.packets;
    const { sending } = file;
    const mayBeThere = sending && { key: sending.key, size: sending.size, sha256: sending.sha256, ...(sending.size !== entry.size && { pcapBytes: entry.size }) };
    state.unsealed.push({ ...entry, ...mayBeThere, state: 'discarded', reason: event.reason });
    return;
  }
  const { key, size, sha256, etag, compressed } = event;
  state.unsealed.push({ ...entry, key, state: 'uploaded', size, ...(compressed && { pcapBytes: pcapBytes(file) }), sha256, etag });
  const recent = { key, target: file.target, size, sha256, packets: file.packets, firstPacketTime: microTime(file.firstUs), lastPacketTime: microTime(file.lastUs) };
  state.recentFiles = [recent, ...state.recentFiles].slice(0, RECENT_FILES_KEPT);
}

/** Bytes of a file as it is delivered: a range that does not begin with a pcap header is given one. */
export const pcapBytes = ({ from, to }: Pick<SpoolFile, 'from' | 'to'>): number => to - from + (from > 0 ? FILE_HEADER_BYTES : 0);

/** A file as the manifest has it, while it is pending. */
export const manifestEntry = (file: SpoolFile): ManifestFile => ({
  target: file.target,
  attempt: file.attempt,
  sequence: file.sequence,
  state: 'pending',
  size: pcapBytes(file),
  packets: file.packets,
  openedTime: new Date(file.openedMs).toISOString(),
  firstPacketTime: microTime(file.firstUs),
  lastPacketTime: microTime(file.lastUs),
});
