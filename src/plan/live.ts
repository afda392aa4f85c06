// Live sessions: which one an object asks for, what is wrong with the request, and where its packets are reached.
import { LIVE_ANNOTATION } from '../api/group.js';
import type { PacketCaptureStatus } from '../api/packetcapture-status.js';
import { isTokenHash, LIVE_PORT } from '../protocol/live.js';
import type { CaptureObject } from './objects.js';
import { liveTargets, type RecordNode, type RunRecord } from './record.js';
import { refused, type Obstacle } from './waiting.js';

const annotation = (capture: CaptureObject | undefined): string => capture?.metadata.annotations?.[LIVE_ANNOTATION] ?? '';

/** What is wrong with the annotation; nothing else changes for it, and nothing is opened. Its value is not said: it may be a token. */
export function liveProblem(capture: CaptureObject): Obstacle | undefined {
  const value = annotation(capture);
  if (value === '' || isTokenHash(value)) return undefined;
  return refused('InvalidLiveToken', `annotation ${LIVE_ANNOTATION} has ${value.length} characters and is no SHA-256 in 64 hexadecimal digits: no live session is opened; set it to the hash of the token, never to the token itself`);
}

/** The hash of the session that the current run is to hold open: as long as it captures or delivers. */
export function wantedSession({ run }: RunRecord, capture: CaptureObject | undefined): string | undefined {
  const value = annotation(capture);
  return run.result === undefined && isTokenHash(value) ? value : undefined;
}

/** Where the packets of the session are reached: at each capture pod that is addressed and not done. */
export function sessionOf(record: RunRecord, capture: CaptureObject, jobsNamespace: string): PacketCaptureStatus['live'] {
  const tokenSHA256 = wantedSession(record, capture);
  if (tokenSHA256 === undefined) return undefined;
  const { run } = record;
  const agents = run.nodes.filter(listens).map(({ node, addressed }) => ({
    node,
    namespace: jobsNamespace,
    podName: addressed?.podName,
    port: LIVE_PORT,
    targets: liveTargets(run).flatMap((target) => (target.node === node ? target.name : [])),
  }));
  return { tokenSHA256, agents };
}

const listens = ({ addressed, report, failure, lost }: RecordNode): boolean => addressed !== undefined && report?.done !== true && failure === undefined && lost === undefined;
