// What an earlier agent left in the spool: its savefiles are closed as they are, under the attempt that wrote them.
import { constants } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DISCARD_REASON } from '../../api/reasons.js';
import { openRegular } from '../../storage/regular-file.js';
import { STDERR_FILE, parseStartFolder } from '../tcpdump/file-name.js';
import { isClosingLine, parseCounters, type Counters } from '../tcpdump/counters.js';
import { GAP_REASON, TargetGaps } from '../target/gaps.js';
import { isTargetName } from '../target/name.js';
import { coveredUntil } from './coverage.js';
import { pause } from '../clock.js';
import type { StartID } from './events.js';
import { StartFollower, type ClosedSavefile } from './follow.js';
import { capturesFolder, folderOfStart } from './folders.js';
import type { Spool } from './spool.js';
import { parseSavefileID, savefileID, type Savefile } from './state.js';

const READ_TRIES = 10;
const READ_AGAIN_MS = 1000;

export interface LeftoversLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Makes a range of a savefile a file: gives it its sequence number. Of a finished savefile what stands behind the last whole packet is cut off. */
export async function recordClosed(spool: Spool, id: StartID, { name, range, isFinished, sizeBytes, wholeBytes, damaged, isUnreadable }: ClosedSavefile, log: LeftoversLog): Promise<void> {
  const sequence = spool.state.targets[id.target]?.nextSequence ?? 1;
  if (range) spool.record({ type: 'closed', file: { target: id.target, attempt: id.attempt, start: id.start, sequence, name, ...range }, ...(!isFinished && { goesOn: true }) });
  else if (!(await spool.finishCut({ target: id.target, attempt: id.attempt, start: id.start, name }))) return;
  if (isUnreadable) {
    log.warn({ ...id, sequence, name, packets: range?.packets ?? 0 }, 'a savefile cannot be read: what was counted of it is discarded');
    if (range) spool.record({ type: 'discarded', target: id.target, sequence, reason: DISCARD_REASON.damaged });
  } else if (isFinished && sizeBytes > wholeBytes) {
    log.warn({ ...id, sequence, name, wholeBytes, sizeBytes, damaged }, 'torn record cut off behind the last whole packet');
    const file = await openRegular(join(folderOfStart(spool.folder, id), name), constants.O_RDWR);
    await file.truncate(wholeBytes).finally(() => file.close());
  }
}

/** Brings the state in line with the disk. Nothing writes there: the caller holds the lock, and every tcpdump held it too. */
export async function takeOverLeftovers(spool: Spool, log: LeftoversLog, again: () => Promise<void> = () => pause(READ_AGAIN_MS), openFile = openRegular): Promise<void> {
  for (const id of await startsOnDisk(spool.folder)) {
    if (!spool.state.targets[id.target]) spool.record({ type: 'target', target: id.target, podName: '', podUID: '', podIPs: [] });
    await takeOverStart(spool, id, log, again, openFile);
  }
  // Those that are still open now were removed, and the kill came before that was written down.
  for (const [savefile, { open }] of Object.entries(spool.state.cuts)) if (open) await spool.finishCut(parseSavefileID(savefile) as Savefile);
  for (const file of Object.values(spool.state.leaving)) await spool.remove(file);
  for (const file of Object.values(spool.state.pending)) {
    const size = await lstat(spool.pathOf(file)).then((s) => (s.isFile() ? s.size : -1), () => -1);
    if (size < file.to) {
      log.warn({ file, size }, 'a recorded file is not on the disk as it was');
      spool.record({ type: 'discarded', target: file.target, sequence: file.sequence, reason: DISCARD_REASON.spoolLost });
      await spool.remove(file);
    }
  }
}

/** A disk that gives a savefile back at no try has lost it: a run would otherwise never end. */
async function closeAll(follower: StartFollower, id: StartID, log: LeftoversLog, again: () => Promise<void>): Promise<void> {
  for (let tries = 1; tries <= READ_TRIES; tries += 1) {
    try {
      return await follower.poll(true);
    } catch (error) {
      log.warn({ ...id, tries, error: String(error) }, 'what an earlier agent left cannot be read');
      await again();
    }
  }
  await follower.abandon();
}

async function takeOverStart(spool: Spool, id: StartID, log: LeftoversLog, again: () => Promise<void>, openFile: typeof openRegular): Promise<void> {
  // Of a journal that was lost: the number is used.
  const isForgotten = id.start >= (spool.state.targets[id.target]?.nextStart ?? 0);
  if (isForgotten) spool.record({ type: 'started', ...id });
  const closed: ClosedSavefile[] = [];
  const follower = new StartFollower(folderOfStart(spool.folder, id), (file) => void closed.push(file), recordedOf(spool, id), openFile);
  await closeAll(follower, id, log, again);
  for (const file of closed) await recordClosed(spool, id, file, log);

  const target = spool.state.targets[id.target];
  if (target?.running?.attempt === id.attempt && target.running.start === id.start) {
    const { counters, closing, changedMs, listened } = await lastStderr(join(folderOfStart(spool.folder, id), STDERR_FILE));
    if (target.listeningUs === undefined) recordListening(spool, id, listened ? changedMs : undefined);
    if (counters.droppedByKernel !== undefined) spool.record({ type: 'drops', ...id, kernel: Math.max(counters.droppedByKernel, ofStart(target.drops, id).kernel), interface: Math.max(counters.droppedByInterface ?? 0, ofStart(target.drops, id).interface) });
    const { listeningUs, quietUs, lastPacketUs, closedPackets } = target;
    const isShort = !isForgotten && closedPackets !== undefined && (counters.captured ?? 0) > closedPackets;
    const writtenUs = isShort ? (target.writtenUs ?? 0) : undefined;
    const endUs = (changedMs - EXIT_MARGIN_MS) * 1000;
    const coveredUs = listeningUs === undefined ? undefined : coveredUntil({ listeningUs, quietUs, lastPacketUs, drainedUs: undefined, endUs, countedUs: changedMs * 1000, writtenUs, closing });
    spool.record({ type: 'exited', ...id, timeMs: changedMs, ...(coveredUs !== undefined && { coveredUs }) });
    // It listened up to its last count, and what it counted is not in its files: a disk that was full.
    if (isShort && coveredUs !== undefined) spool.record({ type: 'gap', target: id.target, fromUs: coveredUs, toUs: Math.max(coveredUs, changedMs * 1000), reason: GAP_REASON.notWritten });
    log.info({ ...id, files: closed.length }, 'took over what an earlier agent left');
  }
  await spool.removeStartIfEmpty(id);
}

/** That a tcpdump listened a kill may have kept from the journal, or the end of the journal is lost: its first packet proves it, or else what it said. */
function recordListening(spool: Spool, id: StartID, heardMs: number | undefined): void {
  const firstUs = Object.values(spool.state.pending).flatMap((f) => (f.target === id.target && f.attempt === id.attempt && f.start === id.start ? f.firstUs : []));
  const timeMs = firstUs.length > 0 ? Math.floor(Math.min(...firstUs) / 1000) : heardMs;
  if (timeMs === undefined) return;
  new TargetGaps(spool, id.target, id.attempt === spool.state.attempt ? GAP_REASON.agentRestarted : GAP_REASON.agentReplaced).close(timeMs * 1000);
  spool.record({ type: 'listening', ...id, timeMs });
}

/** What of a start's savefiles is in files already. */
function recordedOf({ state }: Spool, id: StartID): Map<string, { open: boolean; to: number }> {
  const files = [...Object.values(state.pending), ...Object.values(state.leaving)].filter((f) => f.target === id.target && f.attempt === id.attempt && f.start === id.start);
  const recorded = new Map(files.map(({ name, to }) => [name, { open: false, to }]));
  const folder = savefileID({ ...id, name: '' });
  for (const [key, cut] of Object.entries(state.cuts)) if (key.startsWith(folder)) recorded.set(key.slice(folder.length), cut);
  return recorded;
}

/** Between a tcpdump's last look at its counters and its last line. */
const EXIT_MARGIN_MS = 10;

const ofStart = (drops: { attempt: number; start: number; kernel: number; interface: number }, id: StartID): { kernel: number; interface: number } =>
  drops.attempt === id.attempt && drops.start === id.start ? drops : { kernel: 0, interface: 0 };

async function startsOnDisk(spool: string): Promise<StartID[]> {
  const found: StartID[] = [];
  for (const target of await readdir(capturesFolder(spool)).catch(() => [])) {
    if (!isTargetName(target)) continue;
    for (const name of await readdir(join(capturesFolder(spool), target))) {
      const parsed = parseStartFolder(name);
      if (parsed) found.push({ target, ...parsed });
    }
  }
  return found.sort((a, b) => a.attempt - b.attempt || a.start - b.start);
}

/** The last counters that a tcpdump wrote, whether they were its closing ones, and when. */
async function lastStderr(path: string): Promise<{ counters: Partial<Counters>; closing: Partial<Counters> | undefined; changedMs: number; listened: boolean }> {
  const file = await openRegular(path).catch(() => undefined);
  const text = (await file?.readFile('latin1').catch(() => '')) ?? '';
  const changedMs = (await file?.stat().then((s) => Math.floor(s.mtimeMs), () => 0)) ?? 0;
  await file?.close();
  let counters: Partial<Counters> = {};
  let closing: Partial<Counters> | undefined;
  for (const line of text.split('\n')) {
    const found = parseCounters(line);
    if (!found) continue;
    counters = { ...counters, ...found };
    if (isClosingLine(line)) closing = { ...closing, ...found };
  }
  return { counters, closing, changedMs, listened: text.includes('listening on ') };
}
