// Which run a download is about, and what of it may be in the bucket: from the run record alone, never from a status or a tenant's words.
import { manifestKey } from '../../protocol/keys.js';
import type { Report, ReportedFile } from '../../protocol/report.js';
import { locationOf } from '../location.js';
import { attemptsOf } from '../previous-runs.js';
import { isSettled, type PinnedDestination, type PreviousRun, type RecordNode, type Run, type RunRecord } from '../record.js';
import { withReport } from '../totals.js';
import { refused, waiting, type Obstacle } from '../waiting.js';

/** A manifest that an attempt may have left. */
export interface ManifestPlace {
  key: string;
  node: string;
  attempt: number;
  /** Its agent said that it is there. */
  isThere: boolean;
}

export interface DownloadRun {
  id: string;
  destination: PinnedDestination;
  /** Of every key of the run. */
  prefix: string;
  /** Newest attempts of a node first. */
  manifests: ManifestPlace[];
  /** The newest files that agents said are in the bucket. */
  recentFiles: ReportedFile[];
  /** Nothing more will come. */
  isOver: boolean;
}

export type ChosenRun = { run: DownloadRun; obstacle?: undefined } | { run?: undefined; obstacle: Obstacle };

/** `report`: the last word of a capture pod. */
export function chooseRun(record: RunRecord | undefined, runID: string | undefined, report: (podUID: string) => Report | undefined): ChosenRun {
  if (!record) return { obstacle: waiting('NoRunYet', 'the capture has not begun a run; this is answered when it has') };
  const open = [record.run, ...(record.draining ? [record.draining] : [])].find(({ id }) => id === (runID ?? record.run.id));
  if (open) return { run: ofRun(open, record.capture, report) };
  const earlier = record.previousRuns.find(({ id }) => id === runID);
  if (!earlier) return { obstacle: refused('RunNotFound', `spec.runID "${runID}": PacketCapture "${record.capture.name}" has no such run, or it is older than those that are remembered; leave it out, or use an id of its status.run or status.previousRuns`) };
  if (!earlier.files) return { obstacle: refused('RunNotFound', `spec.runID "${runID}": an older version of the operator recorded this run without where its files are; they are at ${earlier.location}`) };
  return { run: ofPreviousRun(earlier, earlier.files, record.capture) };
}

/** More attempts than this had no run on any node: their newest count. */
const ATTEMPTS_LOOKED_FOR = 50;

const placesOf = (prefix: string, node: string, attempts: number, isThere: (attempt: number) => boolean): ManifestPlace[] =>
  Array.from({ length: Math.min(attempts, ATTEMPTS_LOOKED_FOR) }, (_, back) => attempts - back).map((attempt) => ({ key: manifestKey(prefix, node, attempt), node, attempt, isThere: isThere(attempt) }));

function ofRun(run: Run, capture: RunRecord['capture'], report: (podUID: string) => Report | undefined): DownloadRun {
  const { prefix } = locationOf(run, capture);
  const nodes = run.nodes.map((node): RecordNode => withReport(node, node.addressed && report(node.addressed.podUID), run.targets));
  const said = (node: RecordNode): Report[] => [...(node.report ? [node.report] : []), ...node.lostSpools];
  return {
    id: run.id,
    destination: run.destination,
    prefix,
    manifests: nodes.flatMap((node) => placesOf(prefix, node.node, attemptsOf(node), (attempt) => said(node).some((r) => r.attempt === attempt && r.manifestKey !== undefined))),
    recentFiles: nodes.flatMap((node) => said(node).flatMap(({ recentFiles }) => recentFiles)),
    isOver: isSettled(run),
  };
}

function ofPreviousRun({ id }: PreviousRun, { destination, nodes }: NonNullable<PreviousRun['files']>, capture: RunRecord['capture']): DownloadRun {
  const { prefix } = locationOf({ id, destination }, capture);
  return { id, destination, prefix, manifests: nodes.flatMap(({ node, attempts }) => placesOf(prefix, node, attempts, () => false)), recentFiles: [], isOver: true };
}
