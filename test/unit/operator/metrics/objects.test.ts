// What the caches hold, as gauges.
import { expect, test } from '@jest/globals';
import { silent } from '../../../../src/kube/log.js';
import { measureObjects } from '../../../../src/operator/metrics/objects.js';
import { Metrics } from '../../../../src/operator/metrics/registry.js';
import type { Caches } from '../../../../src/operator/caches.js';

const aCapture = (status?: object): object => ({ metadata: { name: 'x', namespace: 'shop', uid: 'u' }, spec: {}, ...(status && { status }) });
const ready = (status: string, reason: string): object[] => [{ type: 'Accepted', status: 'True', reason: 'Accepted' }, { type: 'Ready', status, reason }];
const aDestination = (name: string, conditions?: object[]): object => ({ metadata: { name }, spec: {}, ...(conditions && { status: { conditions } }) });

/** Of gauges: name and labels, and value. */
async function gauges(captures: object[], destinations: object[] = []): Promise<Record<string, number>> {
  const metrics = new Metrics({ leads: () => true, log: silent });
  const holding = (objects: object[]) => ({ store: { list: () => objects } });
  measureObjects(metrics, { captures: holding(captures), destinations: holding(destinations) } as unknown as Caches);
  return told(metrics);
}
const told = async (metrics: Metrics): Promise<Record<string, number>> =>
  Object.fromEntries((await metrics.exposition()).split('\n').filter((line) => /^packetcapture_(captures|pending|destination)/.test(line)).map((line) => [line.slice('packetcapture_'.length, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]));

const NONE = { 'captures{phase="Pending"}': 0, 'captures{phase="Starting"}': 0, 'captures{phase="Capturing"}': 0, 'captures{phase="Uploading"}': 0, 'captures{phase="Suspended"}': 0, 'captures{phase="Complete"}': 0, 'captures{phase="Failed"}': 0, captures_queued: 0, pending_packets: 0, pending_bytes: 0 };

test('nothing there is nothing, and not silence', async () => {
  expect(await gauges([])).toEqual(NONE);
});

test('captures by phase; one that nobody has looked at yet is pending, and so is one in a phase of another version', async () => {
  const captures = [aCapture(), aCapture({ observedGeneration: -1 }), aCapture({ phase: 'Dreaming' }), aCapture({ phase: 'Capturing' }), aCapture({ phase: 'Capturing' }), aCapture({ phase: 'Failed' })];
  expect(await gauges(captures)).toEqual({ ...NONE, 'captures{phase="Pending"}': 3, 'captures{phase="Capturing"}': 2, 'captures{phase="Failed"}': 1 });
});

test('those are queued that are not Ready for that reason', async () => {
  const captures = [aCapture({ phase: 'Pending', conditions: ready('False', 'Queued') }), aCapture({ phase: 'Pending', conditions: ready('False', 'DestinationNotReady') })];
  expect(await gauges(captures)).toEqual({ ...NONE, 'captures{phase="Pending"}': 2, captures_queued: 1 });
});

test('what is pending is added up', async () => {
  const captures = [aCapture({ phase: 'Uploading', packets: { captured: 9, pending: 4 }, bytes: { pending: 400 } }), aCapture({ phase: 'Capturing', packets: { pending: 1 }, bytes: { pending: 30 } }), aCapture({ phase: 'Pending' })];
  expect(await gauges(captures)).toMatchObject({ pending_packets: 5, pending_bytes: 430 });
});

test('a destination is ready or not, one that was never probed is not, and one that is gone has no series', async () => {
  const metrics = new Metrics({ leads: () => true, log: silent });
  let destinations = [aDestination('good', ready('True', 'BucketReady')), aDestination('bad', ready('False', 'AccessDenied')), aDestination('new')];
  measureObjects(metrics, { captures: { store: { list: () => [] } }, destinations: { store: { list: () => destinations } } } as unknown as Caches);
  expect(await told(metrics)).toMatchObject({ 'destination_ready{destination="good"}': 1, 'destination_ready{destination="bad"}': 0, 'destination_ready{destination="new"}': 0 });
  destinations = destinations.slice(0, 1);
  expect(await told(metrics)).toEqual({ ...NONE, 'destination_ready{destination="good"}': 1 });
});
