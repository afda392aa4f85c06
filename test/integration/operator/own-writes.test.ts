// What an operator writes comes back to it by its own watch: of a status it learns nothing by that.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CLUSTER_CAPTURE_DESTINATIONS, PACKET_CAPTURES } from '../../../src/api/kinds.js';
import type { PacketCaptureStatus } from '../../../src/api/packetcapture-status.js';
import { pause, systemClock } from '../../../src/kube/clock.js';
import type { KubeObject } from '../../../src/kube/object.js';
import { ECHO_MS } from '../../../src/operator/echoes.js';
import { eventually } from '../eventually.js';
import { aCapture, NAMESPACE, operatorScene, type OperatorProcess, type OperatorScene } from './scene.js';

const NAME = 'refused';
let scene: OperatorScene;
let operator: OperatorProcess;

beforeAll(async () => {
  scene = await operatorScene('own-writes/');
  operator = scene.startOperator(['--leader-elect=false']);
  // All captures are looked at once it is known what the destination is good for.
  await eventually('the destination was probed', async () => ((await scene.admin.get(CLUSTER_CAPTURE_DESTINATIONS, undefined, 'team')) as KubeObject & { status?: { conditions?: unknown[] } }).status?.conditions, { timeoutMs: 60_000 });
}, 180_000);
afterAll(() => scene.stop(), 30_000);

const capture = async () => (await scene.admin.get(PACKET_CAPTURES, NAMESPACE, NAME)) as KubeObject & { status?: PacketCaptureStatus };
/** That the operator says it had with this capture. */
const turns = (uid: string): number => operator.log().split('\n').filter((line) => line.includes('"reconciled"') && line.includes(uid)).length;

test('the status that it has just written gives an operator nothing to look at, an edit does', async () => {
  await aCapture(scene.admin, NAME, { filter: 'no such filter' });
  const { metadata } = await eventually('it is refused', async () => {
    const now = await capture();
    return now.status?.phase === 'Failed' && now;
  }, { timeoutMs: 60_000 });
  // Four times as long as such a change may wait.
  await pause(systemClock, 4 * ECHO_MS);
  expect(turns(metadata.uid)).toBe(1);
  await scene.admin.patch(PACKET_CAPTURES, NAMESPACE, NAME, { spec: { filter: 'none such either' } }, { type: 'merge' });
  await eventually('it is looked at again', () => turns(metadata.uid) === 2, { timeoutMs: 60_000 });
}, 180_000);
