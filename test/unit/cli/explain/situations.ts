// What explain is asked about: objects as the operator's decisions and a real cluster left them, with the manifests of their runs.
import type { CaptureObject } from '../../../../src/cli/capture.js';
import { accountOf } from '../../../../src/cli/explain/account.js';
import type { Subject } from '../../../../src/cli/explain/subject.js';
import { planCapture } from '../../../../src/plan/plan.js';
import type { World } from '../../../../src/plan/world.js';
import { emptyLedger, type Ledger } from '../../../../src/protocol/ledger.js';
import type { Manifest, ManifestTarget } from '../../../../src/protocol/manifest.js';
import type { Report } from '../../../../src/protocol/report.js';
import { recorded } from '../../gitops/recorded.js';
import { situations as ofGitops } from '../../gitops/situations.js';
import { aCapture, aJob, aLedger, anAgentPod, aReport, aReportedTarget, at, aWorld, NOW, recordOf, running } from '../../plan/builders.js';
import { MINUTE, story } from '../../plan/story.js';

export interface Situation {
  /** Of the file in texts/ that says what explain says. */
  name: string;
  subject: Subject;
  /** Explained is this earlier run. */
  runID?: string;
}

const NO_MANIFESTS = 'user "jane" may not create capturedownloads.packetcapture.dev in namespace "shop": gaps and discarded files are told from status alone.';

/** What an API server holds once its status was written. */
const stored = (world: World): CaptureObject => JSON.parse(JSON.stringify({ ...world.capture, status: planCapture(world).status })) as CaptureObject;

const about = (name: string, capture: unknown, parts: Partial<Subject> = {}): Situation => ({ name, subject: { capture: { ...(capture as CaptureObject), metadata: { ...(capture as CaptureObject).metadata, creationTimestamp: at(0) } }, now: NOW + 10 * MINUTE, ...parts } });

function ofTable(name: string, situation: string, parts: Partial<Subject> = {}): Situation {
  const found = [...recorded(), ...ofGitops()].find((one) => one.name === situation);
  if (!found) throw new Error(`there is no situation "${situation}"`);
  return about(name, found.object, parts);
}

const aManifestTarget = (overrides: Partial<ManifestTarget> = {}): ManifestTarget => ({ name: 'web-0_aaaaaaaa', podName: 'web-0', podUID: 'aaaaaaaa', podIPs: [], interface: 'any', interfaces: [], state: 'Ended', stopReason: 'Duration', ledger: emptyLedger(), ...overrides });

export const aManifest = (overrides: Partial<Manifest> = {}): Manifest => ({
  schemaVersion: 1,
  runID: '20261120T030512Z-2f9f2b',
  capture: { namespace: 'shop', name: 'web-resets', uid: 'u' },
  node: 'node-a',
  attempt: 1,
  spool: 'spool-1',
  writtenTime: at(MINUTE),
  final: true,
  tcpdump: { version: '4.99', argv: ['tcpdump'] },
  ledger: emptyLedger(),
  discards: {},
  targets: [aManifestTarget()],
  gaps: [],
  snapshots: [],
  files: [],
  segments: [],
  targetSegments: [],
  ...overrides,
});

const { record, world } = running();
const done = (overrides: Partial<Report> = {}): Partial<Report> => ({ phase: 'Done', done: true, stopReason: 'Duration', stopTime: at(2 * MINUTE), delivery: { ok: true }, targets: [aReportedTarget(record, { state: 'Ended', stopReason: overrides.stopReason ?? 'Duration', ...(overrides.ledger && { ledger: overrides.ledger }) })], ...overrides });
const ran = (report: Partial<Report>, overrides: Partial<World> = {}): CaptureObject => stored({ ...world, now: NOW + 3 * MINUTE, report: () => aReport(record, report), ...overrides });

function ringOverwrote(): Situation {
  const ledger: Ledger = aLedger({ captured: 100, uploaded: 60, discarded: 40 }, { captured: 10, uploaded: 6, discarded: 4 });
  return about('ring-overwrote', ran(done({ ledger, discards: { RingOverwrote: 40 } })), { account: accountOf([aManifest({ ledger, discards: { RingOverwrote: 40 } })]) });
}

function restarted(): Situation {
  const ledger = aLedger({ captured: 100, uploaded: 100 }, { captured: 3, uploaded: 3 });
  const gaps = [{ target: 'web-0_aaaaaaaa', from: at(30_120).replace('Z', '456Z'), to: at(34_320), reason: 'AgentRestarted' }];
  return about('gap-after-agent-restart', ran(done({ ledger, attempt: 2, gaps: { count: 1, seconds: 4.2, suspended: { count: 0, seconds: 0 } } })), { account: accountOf([aManifest({ attempt: 1, final: false }), aManifest({ attempt: 2, ledger, gaps })]) });
}

function superseded(): CaptureObject {
  const { turn, record: first } = story();
  turn(MINUTE, { report: () => aReport(first, { ledger: aLedger({ captured: 10, uploaded: 4, pending: 6 }), delivery: { ok: true } }) });
  const capture = aCapture({ filter: 'udp' }, { generation: 2 });
  turn(2 * MINUTE, { capture });
  return JSON.parse(JSON.stringify({ ...capture, status: turn(2 * MINUTE + 1000).status })) as CaptureObject;
}

function nodeLost(): CaptureObject {
  const { turn, record: first } = story();
  const ledger = aLedger({ captured: 10, uploaded: 4, pending: 6 }, { captured: 2, uploaded: 1, pending: 1 });
  turn(MINUTE, { report: () => aReport(first, { number: 3, time: at(MINUTE), ledger, delivery: { ok: true }, targets: [aReportedTarget(first, { ledger })] }) });
  const away = { metadata: { name: 'node-a', uid: 'n' }, status: { conditions: [{ type: 'Ready', status: 'Unknown', lastTransitionTime: at(MINUTE) }] } };
  turn(2 * MINUTE, { node: () => away });
  return JSON.parse(JSON.stringify({ ...aCapture(), status: turn(7 * MINUTE).status })) as CaptureObject;
}

function recorder(): Situation {
  const capture = aCapture({ duration: '0s', ring: { files: 10, fileSize: '10M', rotateInterval: '60s' }, upload: { policy: 'OnDemand' } });
  const begun = recordOf(planCapture(aWorld({ capture })));
  const now = { ...aWorld({ capture, record: begun, jobs: [aJob(begun)], pods: [anAgentPod(begun)] }) };
  const addressed = recordOf(planCapture(now));
  const snapshots = [{ token: 'outage-1', time: at(2 * MINUTE), completionTime: at(2 * MINUTE + 3000), packets: { captured: 30, uploaded: 30, pending: 0, discarded: 0 } }];
  const ledger = aLedger({ captured: 100, uploaded: 30, pending: 50, discarded: 20, released: 20 }, { captured: 10, uploaded: 3, pending: 5, discarded: 2 });
  const object = stored({ ...now, record: addressed, now: NOW + 3 * MINUTE, report: () => aReport(addressed, { ledger, snapshots, discards: { Released: 20 }, targets: [aReportedTarget(addressed, { ledger })] }) });
  return about('recorder-with-snapshots', { ...object, metadata: { ...object.metadata, annotations: { 'packetcapture.dev/snapshot': 'outage-2' } } });
}

/** Its status names three of five targets. */
function manyTargets(): Situation {
  const capture = ran(done({ ledger: aLedger({ captured: 10, uploaded: 10 }, { captured: 1, uploaded: 1 }) }));
  const failed = { name: 'web-1_bbbbbbbb', podName: 'web-1', node: 'node-b', state: 'Failed', reason: 'InterfaceNotFound', message: 'the pod has no interface "eth7"; it has lo, eth0' };
  const targets = [...(capture.status?.targets ?? []), failed];
  const ended = aManifestTarget({ name: 'web-9_99999999', podName: 'web-9', stopReason: 'TargetGone', captureStartTime: at(1000), stopTime: at(20_000), ledger: aLedger({ captured: 7, uploaded: 7 }) });
  return about('targets-of-every-fate', { ...capture, status: { ...capture.status, targets } }, { account: accountOf([aManifest()], [ended]) });
}

export function situations(): Situation[] {
  const runAgain = superseded();
  const former = runAgain.status?.previousRuns?.[0]?.id ?? 'none';
  return [
    ofTable('armed', 'armed, with no pod of these labels'),
    ofTable('queued', 'its turn has not come'),
    ofTable('no-pod', 'no pod of the name'),
    ofTable('not-seen-yet', 'not seen yet'),
    ofTable('invalid-spec', 'a spec that breaks a rule'),
    about('capturing', ran({ ledger: aLedger({ captured: 10, uploaded: 4, pending: 6 }, { captured: 3, uploaded: 2, pending: 1 }), delivery: { ok: true } }, { now: NOW + MINUTE }), { now: NOW + MINUTE }),
    ofTable('suspended', 'suspended while it captured'),
    ofTable('complete', 'complete', { now: Date.parse('2026-11-21T16:40:00Z') }),
    about('drops', ran(done({ ledger: aLedger({ captured: 1000, uploaded: 1000, droppedByKernel: 37 }, { captured: 2, uploaded: 2 }) })), { unseen: NO_MANIFESTS }),
    ringOverwrote(),
    restarted(),
    ofTable('bucket-down', 'capturing, and the bucket refuses'),
    ofTable('failed-unschedulable', 'the capture pod did not start in time'),
    about('target-gone', ran(done({ stopReason: 'TargetGone', ledger: aLedger() }))),
    about('node-lost', nodeLost()),
    about('superseded', runAgain),
    { ...about('earlier-run', runAgain, { account: accountOf([aManifest({ ledger: aLedger({ captured: 10, uploaded: 4, pending: 6 }, { captured: 2, uploaded: 1, pending: 1 }), targets: [aManifestTarget({ stopReason: 'Superseded' })] })]) }), runID: former },
    recorder(),
    manyTargets(),
  ];
}
