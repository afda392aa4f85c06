// What an agent says at a moment of its life: the lines that a kubelet has of it, a second apart, as a busy capture writes them.
import type { Control } from '../../../../src/protocol/control.js';
import type { JobConfig } from '../../../../src/protocol/job-config.js';
import { emptyLedger, type Account, type Ledger } from '../../../../src/protocol/ledger.js';
import { REPORT_TAG, type Report, type ReportedFile } from '../../../../src/protocol/report.js';

const PACKETS_PER_SECOND = 100;
const PACKET_BYTES = 500;
/** A file is closed, and uploaded, so often. */
const FILE_SECONDS = 10;
const RECENT_FILES = 10;
const LINE_MS = 1000;

export interface AgentLife {
  config: JobConfig;
  control: Control;
  podUID: string;
  startMs: number;
}

/** When it has delivered everything. */
export const endMs = ({ startMs, control: { remainingMs } }: AgentLife): number => startMs + remainingMs;

const account = (captured: number, uploaded: number): Account => ({ captured, uploaded, pending: captured - uploaded, discarded: 0 });
const iso = (ms: number): string => new Date(ms).toISOString();

function ledgerAt(seconds: number, isDone: boolean): Ledger {
  const files = Math.ceil(seconds / FILE_SECONDS);
  const uploaded = isDone ? files : Math.floor(seconds / FILE_SECONDS);
  const packets = seconds * PACKETS_PER_SECOND;
  const delivered = isDone ? packets : uploaded * FILE_SECONDS * PACKETS_PER_SECOND;
  return {
    packets: { ...emptyLedger().packets, ...account(packets, delivered) },
    files: account(files, uploaded),
    bytes: account(packets * PACKET_BYTES, delivered * PACKET_BYTES),
  };
}

function file({ config, control, startMs }: AgentLife, n: number): ReportedFile {
  const target = control.targets[0]?.name ?? '';
  const firstMs = startMs + n * FILE_SECONDS * 1000;
  const name = `${String(control.attempt).padStart(2, '0')}-${String(n + 1).padStart(6, '0')}_${iso(firstMs).replace(/[-:]|\.\d+/g, '')}.pcap`;
  const key = `${config.destination.prefix}${config.capture.namespace}/${config.capture.name}/${config.runID}/${target}/${name}`;
  const packets = FILE_SECONDS * PACKETS_PER_SECOND;
  return { key, target, size: packets * PACKET_BYTES, sha256: n.toString(16).padStart(64, '0'), packets, firstPacketTime: iso(firstMs), lastPacketTime: iso(firstMs + FILE_SECONDS * 1000 - 1) };
}

/** The report of the second that holds this moment. */
export function reportAt(life: AgentLife, nowMs: number): Report {
  const { config, control, podUID, startMs } = life;
  const isDone = nowMs >= endMs(life);
  const seconds = Math.floor((Math.min(nowMs, endMs(life)) - startMs) / LINE_MS);
  const ledger = ledgerAt(seconds, isDone);
  const stop = isDone ? { stopTime: iso(endMs(life)), stopReason: 'Duration' } : {};
  const { uploaded } = ledger.files;
  return {
    report: REPORT_TAG,
    version: 1,
    runID: config.runID,
    node: config.node,
    podUID,
    attempt: control.attempt,
    number: seconds + 1 + (isDone ? 1 : 0),
    time: iso(nowMs),
    countedTime: iso(nowMs),
    spool: podUID,
    phase: isDone ? 'Done' : 'Capturing',
    ledger,
    discards: {},
    gaps: { count: 0, seconds: 0, suspended: { count: 0, seconds: 0 } },
    captureStartTime: iso(startMs),
    ...stop,
    targets: control.targets.map(({ name }) => ({ name, state: isDone ? 'Ended' : 'Capturing', captureStartTime: iso(startMs), ...stop, ledger })),
    targetCount: control.targets.length,
    recentFiles: Array.from({ length: Math.min(RECENT_FILES, uploaded) }, (_, n) => file(life, uploaded - 1 - n)),
    snapshots: [],
    delivery: { ok: true },
    work: { process: podUID, uploads: { counts: [uploaded, ...Array<number>(11).fill(0)], seconds: uploaded * 0.01, errors: {} }, spool: { usedBytes: ledger.bytes.pending, maxBytes: config.spool.maxSizeBytes } },
    ...(isDone && { manifestKey: `${config.destination.prefix}${config.capture.namespace}/${config.capture.name}/${config.runID}/manifest/${config.node}-01.json` }),
    done: isDone,
  };
}

/** The end of its log, so many lines of it. */
export function logTail(life: AgentLife, nowMs: number, lines: number): string {
  const newestMs = Math.min(nowMs, endMs(life));
  const moments = Array.from({ length: lines }, (_, n) => newestMs - (lines - 1 - n) * LINE_MS).filter((ms) => ms >= life.startMs);
  return moments.map((ms) => `${JSON.stringify(reportAt(life, ms))}\n`).join('');
}
