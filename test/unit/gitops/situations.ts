// An object of every row of the table "Ready, as Flux and Argo CD read it", as decisions make its status, with what the two are to read.
import { beside } from '../../../src/plan/destination-readiness.js';
import { stamp } from '../../../src/plan/conditions.js';
import { defaultVerdict } from '../../../src/plan/default-destination.js';
import type { CaptureObject } from '../../../src/plan/objects.js';
import { planCapture } from '../../../src/plan/plan.js';
import type { RunRecord } from '../../../src/plan/record.js';
import { verdict } from '../../../src/plan/verdict.js';
import type { World } from '../../../src/plan/world.js';
import type { Report } from '../../../src/protocol/report.js';
import { aCapture, aDestination, aJob, aLedger, anAgentPod, aPod, aReport, aReportedTarget, at, aWorld, NOW, recordOf, running } from '../plan/builders.js';
import type { Status } from './kstatus.js';

export type Health = 'Progressing' | 'Healthy' | 'Suspended' | 'Degraded';
export interface Situation {
  name: string;
  object: { metadata: { generation?: number; deletionTimestamp?: string }; [field: string]: unknown };
  flux: Status;
  argo: Health;
  /** Of Ready. */
  reason?: string;
}

type Expected = Pick<Situation, 'flux' | 'argo'> & { reason?: string };
const inProgress = (reason?: string): Expected => ({ flux: 'InProgress', argo: 'Progressing', ...(reason !== undefined && { reason }) });
const current = (reason: string): Expected => ({ flux: 'Current', argo: 'Healthy', reason });
const suspended: Expected = { flux: 'Current', argo: 'Suspended', reason: 'Suspended' };
const failed = (reason: string): Expected => ({ flux: 'Failed', argo: 'Degraded', reason });

/** What an API server holds of a capture once its status was written. */
function written(world: World): Situation['object'] {
  const { status } = planCapture(world);
  return JSON.parse(JSON.stringify({ ...world.capture, status })) as Situation['object'];
}
const capture = (name: string, expected: Expected, world: Partial<World>): Situation => ({ name, object: written(aWorld(world)), ...expected });

/** A run whose agent says this, at so many ms after it began. */
function run(name: string, expected: Expected, report: Partial<Report>, world: Partial<World> = {}, spec: object = {}): Situation {
  const base = running(Object.keys(spec).length > 0 ? { capture: aCapture(spec) } : {});
  const record = { ...base.record, run: { ...base.record.run, spec: (world.capture ?? aCapture(spec)).spec } };
  const now = { ...base.world, record, capture: aCapture(spec), report: () => aReport(record, report), ...world };
  return { name, object: written(now), ...expected };
}

/** A run of one of two pods. */
function leavesOut(): Situation {
  const labels = { app: 'web' };
  const world = aWorld({ capture: aCapture({ target: { podSelector: { matchLabels: labels }, maxTargets: 1 } }), targetPods: [aPod({ metadata: { labels } }), aPod({ metadata: { name: 'web-1', uid: 'bbbbbbbb-1111-4222-8333-444455556666', labels } })] });
  const record = recordOf(planCapture(world));
  const begun = { ...world, record, jobs: [aJob(record)], pods: [anAgentPod(record)] };
  return { name: 'capturing one of the pods that it names', object: written({ ...begun, record: recordOf(planCapture(begun)), report: () => aReport(record, DELIVERED) }), ...current('Capturing') };
}

const ended = (record: RunRecord) => ({ phase: 'Done', done: true, stopReason: 'Duration', stopTime: at(120_000), targets: [aReportedTarget(record, { state: 'Ended', stopReason: 'Duration' })] });
const DELIVERED = { ledger: aLedger({ captured: 10, uploaded: 10 }, { captured: 1, uploaded: 1 }), delivery: { ok: true } };

function captures(): Situation[] {
  const { record, world } = running();
  const done = ended(record);
  const draining = { ...done, phase: 'Draining', done: false };
  const recorder = { duration: '0s', ring: { files: 10, fileSize: '10M', rotateInterval: '60s' }, upload: { policy: 'OnDemand' } };
  const resumed = (suspend: boolean): CaptureObject => aCapture({ suspend }, { generation: 2 });
  const listened = recordOf(planCapture({ ...world, report: () => aReport(record) }));
  const overdue = recordOf(planCapture({ ...world, now: NOW + 121_000, report: () => aReport(record, { ...draining, number: 5, delivery: { ok: false, reason: 'AccessDenied', httpStatus: 403 }, ledger: aLedger({ captured: 10, pending: 10 }) }) }));
  const asked = recordOf(planCapture({ ...world, record: listened, capture: resumed(true), now: NOW + 10_000, report: () => aReport(record) }));
  const cordoned = { metadata: { name: 'node-a', uid: 'n' }, spec: { unschedulable: true }, status: { conditions: [{ type: 'Ready', status: 'True' }] } };
  return [
    { name: 'not seen yet', object: { ...aCapture(), status: { observedGeneration: -1 } }, ...inProgress() },
    { name: 'edited, and not seen again yet', object: { ...written(aWorld({ capture: aCapture({ suspend: true }) })), metadata: { ...aCapture().metadata, generation: 2 } }, ...inProgress() },
    capture('no pod of the name', inProgress('TargetNotFound'), { targetPods: [] }),
    capture('the pod has ended', inProgress('TargetTerminated'), { targetPods: [aPod({ status: { phase: 'Succeeded' } })] }),
    capture('no destination', inProgress('NoDefaultDestination'), { destinations: [] }),
    capture('the destination is not ready', inProgress('DestinationNotReady'), { destinations: [aDestination({ ready: 'False', reason: 'AccessDenied' })] }),
    capture('its turn has not come', inProgress('Queued'), { admission: () => ({ place: { kind: 'namespace', name: 'shop' }, taken: 2, limit: 2, position: 1 }) }),
    capture('the filter is being compiled', inProgress('CheckingFilter'), { filter: () => ({ isPending: true }) }),
    capture('the run begins', inProgress('Starting'), {}),
    capture('the image cannot be pulled', inProgress('ImagePullFailed'), { record, jobs: [aJob(record)], pods: [anAgentPod(record, 'agent-1', { status: { phase: 'Pending', containerStatuses: [{ name: 'agent', state: { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } } }] } })] }),
    run('its node is drained', inProgress('NodeDrained'), {}, { record: listened, pods: [], node: () => cordoned }),
    capture('armed, with no pod of these labels', current('NoTargetsYet'), { capture: aCapture({ target: { podSelector: { matchLabels: { app: 'web' } } } }), targetPods: [] }),
    run('capturing', current('Capturing'), DELIVERED),
    capture('armed, for a Deployment of which there is no pod', current('NoTargetsYet'), { capture: aCapture({ target: { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } } }), targetPods: [], workload: () => undefined }),
    leavesOut(),
    run('capturing with loss', current('Capturing'), { ...DELIVERED, ledger: aLedger({ captured: 10, uploaded: 10, droppedByKernel: 3 }) }),
    run('capturing, and the bucket refuses', current('Capturing'), { ledger: aLedger({ captured: 10, pending: 10 }), delivery: { ok: false, reason: 'AccessDenied', httpStatus: 403 } }),
    run('a flight recorder', current('Capturing'), { ledger: aLedger({ captured: 10, pending: 10 }) }, {}, recorder),
    run('uploading', current('Uploading'), { ...draining, ledger: aLedger({ captured: 10, uploaded: 4, pending: 6 }) }),
    run('complete', current('Complete'), { ...done, ...DELIVERED }),
    run('complete with loss', current('CompleteWithLoss'), { ...done, ...DELIVERED, ledger: aLedger({ captured: 10, uploaded: 10, droppedByKernel: 3 }) }),
    capture('suspended before it began', suspended, { capture: aCapture({ suspend: true }) }),
    run('suspended while it captured', suspended, { number: 2, phase: 'Suspended', stopReason: 'Suspended', ...DELIVERED }, { record: asked, capture: resumed(true), now: NOW + 12_000 }),
    capture('a spec that breaks a rule', failed('InvalidSpec'), { capture: aCapture({ snapLength: -1 }) }),
    capture('a filter that does not compile', failed('InvalidFilter'), { filter: () => ({ problem: 'syntax error' }) }),
    capture("a pod on its node's own network", failed('HostNetworkRefused'), { targetPods: [aPod({ spec: { hostNetwork: true } })] }),
    capture('a duration that the operator does not allow', failed('DurationTooLong'), { capture: aCapture({ duration: '48h' }) }),
    capture('the capture pod did not start in time', failed('Unschedulable'), {
      record,
      now: NOW + 10 * 60_000,
      jobs: [{ ...aJob(record), metadata: { ...aJob(record).metadata, creationTimestamp: at(0) } }],
      pods: [anAgentPod(record, 'agent-1', { status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', message: 'no room' }] } })],
    }),
    run('the interface is not there', failed('InterfaceNotFound'), { ...done, captureStartTime: undefined, targets: [aReportedTarget(record, { state: 'Failed', reason: 'InterfaceNotFound', message: 'the pod has no such interface' })] }),
    run('packets stay on the node', failed('UploadIncomplete'), { ...draining, number: 6, ledger: aLedger({ captured: 10, pending: 10 }), delivery: { ok: false, reason: 'AccessDenied', httpStatus: 403 } }, { record: overdue, now: NOW + 20 * 60_000 }),
    capture('a record that cannot be read', failed('RecordUnreadable'), { recordProblem: 'run record ConfigMap: no JSON' }),
    // Argo CD says "Pending deletion" by itself, and asks no script.
    { ...run('being deleted while it captures', { flux: 'Terminating', argo: 'Healthy' }, DELIVERED, { capture: aCapture({}, { deletionTimestamp: at(2000), finalizers: ['packetcapture.dev/drain'] }) }) },
  ];
}

function destination(name: string, expected: Expected, status: 'True' | 'False', reason: string): Situation {
  const { metadata, spec } = aDestination();
  const found = verdict('Ready', status, reason, 'words');
  const claim = defaultVerdict({ metadata, spec: {} }, [{ metadata, spec: {} }]);
  const conditions = [found, ...beside(found), ...(claim ? [claim] : [])].map((v) => stamp(v, 1, [], NOW));
  return { name: `destination: ${name}`, object: { apiVersion: 'packetcapture.dev/v1alpha1', kind: 'ClusterCaptureDestination', metadata: { name: metadata.name, generation: 1 }, spec, status: { observedGeneration: 1, conditions } } as Situation['object'], ...expected };
}

export const situations = (): Situation[] => [
  ...captures(),
  { ...destination('not seen yet', inProgress(), 'True', 'BucketUsable'), object: { kind: 'ClusterCaptureDestination', metadata: { generation: 1 }, status: { observedGeneration: -1 } } },
  destination('usable', current('BucketUsable'), 'True', 'BucketUsable'),
  destination('its Secret comes later', inProgress('CredentialsNotFound'), 'False', 'CredentialsNotFound'),
  destination('its store does not answer', inProgress('BucketUnreachable'), 'False', 'BucketUnreachable'),
  destination('its keys are refused', failed('AccessDenied'), 'False', 'AccessDenied'),
  destination('its spec is no spec', failed('InvalidSpec'), 'False', 'InvalidSpec'),
];
