// Builders of what decisions look at, each with one-line overrides.
import { CONTROL_ANNOTATION } from '../../../src/protocol/control.js';
import { emptyLedger, type Ledger } from '../../../src/protocol/ledger.js';
import { REPORT_TAG, type Report, type ReportedTarget } from '../../../src/protocol/report.js';
import { DEFAULT_PLAN_CONFIG } from '../../../src/plan/config.js';
import type { DestinationObject } from '../../../src/plan/destination.js';
import type { CaptureObject, JobObject, PodObject } from '../../../src/plan/objects.js';
import { planCapture, type Plan } from '../../../src/plan/plan.js';
import type { RunRecord } from '../../../src/plan/record.js';
import type { World } from '../../../src/plan/world.js';

export const NOW = Date.parse('2026-11-20T03:05:12Z');
export const UID = '0b7e9f7e-1111-4222-8333-444455556666';
export const POD_UID = 'aaaaaaaa-1111-4222-8333-444455556666';
export const at = (ms: number): string => new Date(NOW + ms).toISOString();

export const SPEC = { target: { podName: 'web-0' }, filter: 'tcp port 8080', duration: '2m', ring: { fileSize: '10M', rotateInterval: '30s' } };

export const aCapture = (spec: object = {}, metadata: object = {}): CaptureObject => ({
  apiVersion: 'packetcapture.dev/v1alpha1',
  kind: 'PacketCapture',
  metadata: { name: 'web-resets', namespace: 'shop', uid: UID, generation: 1, resourceVersion: '7', ...metadata },
  spec: { ...SPEC, ...spec },
});

export const aPod = (overrides: { metadata?: object; spec?: object; status?: object } = {}): PodObject => ({
  metadata: { name: 'web-0', namespace: 'shop', uid: POD_UID, ...overrides.metadata },
  spec: { nodeName: 'node-a', ...overrides.spec },
  status: { phase: 'Running', podIP: '10.0.0.7', podIPs: [{ ip: '10.0.0.7' }], ...overrides.status },
});

export const aDestination = (overrides: { metadata?: object; ready?: string; reason?: string; generation?: number } = {}): DestinationObject => ({
  metadata: { name: 'team-bucket', uid: 'd', generation: 1, annotations: { 'packetcapture.dev/is-default': 'true' }, ...overrides.metadata },
  spec: { s3: { endpoint: 'http://s3.storage.svc:9000', bucket: 'captures', prefix: 'clusters/prod/', auth: { secretRef: { name: 's3' } } } },
  status: { conditions: [{ type: 'Ready', status: overrides.ready ?? 'True', reason: overrides.reason ?? 'BucketUsable', observedGeneration: overrides.generation ?? 1 }] },
});

export const aWorld = (overrides: Partial<World> = {}): World => ({
  now: NOW,
  config: { ...DEFAULT_PLAN_CONFIG, agentImage: 'packetcapture:1' },
  capture: aCapture(),
  targetPods: [aPod()],
  workload: () => undefined,
  destinations: [aDestination()],
  namespaceLabels: {},
  credentials: () => ({ data: { accessKeyId: 'a2V5', secretAccessKey: 'c2VjcmV0' } }),
  jobs: [],
  pods: [],
  secrets: [],
  report: () => undefined,
  jobEvents: () => [],
  node: () => undefined,
  nodeIsGone: () => false,
  admission: () => undefined,
  hasRoom: () => true,
  filter: () => ({}),
  ...overrides,
});

export const aLedger = (packets: Partial<Ledger['packets']> = {}, files: Partial<Ledger['files']> = {}): Ledger => {
  const empty = emptyLedger();
  return { ...empty, packets: { ...empty.packets, ...packets }, files: { ...empty.files, ...files } };
};

export const aReport = (record: RunRecord, overrides: Partial<Report> = {}): Report => ({
  report: REPORT_TAG,
  version: 1,
  runID: record.run.id,
  node: 'node-a',
  podUID: 'agent-1',
  attempt: 1,
  number: 1,
  time: at(0),
  spool: 'spool-1',
  phase: 'Capturing',
  ledger: aLedger(),
  discards: {},
  snapshots: [],
  gaps: { count: 0, seconds: 0, suspended: { count: 0, seconds: 0 } },
  captureStartTime: at(1000),
  targets: [aReportedTarget(record)],
  recentFiles: [],
  done: false,
  ...overrides,
});

export const aReportedTarget = (record: RunRecord, overrides: Partial<ReportedTarget> = {}): ReportedTarget => ({ name: record.run.targets[0]?.name ?? '', state: 'Capturing', ledger: aLedger(), ...overrides });

/** The pod of the run's Job on its first node. */
export const anAgentPod = (record: RunRecord, uid = 'agent-1', overrides: { metadata?: object; status?: object } = {}): PodObject => ({
  metadata: { name: `pod-${uid}`, namespace: 'packetcapture-jobs', uid, creationTimestamp: at(0), labels: { 'job-name': record.run.nodes[0]?.jobName ?? '', 'packetcapture.dev/run-id': record.run.id }, ...overrides.metadata },
  spec: { nodeName: 'node-a' },
  status: { phase: 'Running', ...overrides.status },
});

export const aJob = (record: RunRecord): JobObject => ({ metadata: { name: record.run.nodes[0]?.jobName ?? '', uid: 'job-1', labels: { 'packetcapture.dev/run-id': record.run.id } } });

/** A plan of a world in which a run exists already, with its Job and its addressed pod. */
export function running(overrides: Partial<World> = {}): { record: RunRecord; world: World; plan: Plan } {
  const record = recordOf(planCapture(aWorld()));
  const pods = [anAgentPod(record)];
  const addressed = recordOf(planCapture(aWorld({ record, jobs: [aJob(record)], pods })));
  const world = aWorld({ record: addressed, jobs: [aJob(record)], pods, ...overrides });
  return { record: addressed, world, plan: planCapture(world) };
}

export function recordOf(plan: Plan): RunRecord {
  if (!plan.record) throw new Error(`no record planned: ${JSON.stringify(plan.status?.conditions)}`);
  return plan.record;
}

export const condition = (plan: Plan, type: string) => plan.status?.conditions?.find((c) => c.type === type);
export const controlIn = (plan: Plan): unknown => plan.children.controls.map(({ annotation }) => JSON.parse(annotation) as unknown)[0];
export { CONTROL_ANNOTATION };
