import { expect, test } from '@jest/globals';
import { CONTROL_ANNOTATION, firstControlKey } from '../../../src/protocol/control.js';
import { planCapture } from '../../../src/plan/plan.js';
import { anAgentPod, running } from './builders.js';

const KEYS = { accessKeyId: 'a2V5', secretAccessKey: 'c2VjcmV0' };

test('a pod that has no control yet is told by the Secret of its run as well, and by its annotation alone from then on', () => {
  const { world, record } = running();
  const [first] = planCapture(world).children.controls;
  expect(first).toMatchObject({ pod: { metadata: { uid: 'agent-1' } }, firstIn: record.run.secretName });
  const told = (annotation: string) => planCapture({ ...world, pods: [anAgentPod(record, 'agent-1', { metadata: { annotations: { [CONTROL_ANNOTATION]: annotation } } })] }).children.controls;
  expect(told(first?.annotation ?? '')).toEqual([]);
  expect(told('{}')).toMatchObject([{ annotation: first?.annotation }]);
  expect(told('{}')[0]).not.toHaveProperty('firstIn');
});

test('what the Secret says to pods is no key: it is neither missing nor too much, and stays where keys are rotated', () => {
  const { world, record } = running();
  const secret = (data: Record<string, string>) => ({ metadata: { name: record.run.secretName, uid: 's', labels: { 'packetcapture.dev/run-id': record.run.id } }, data: { ...data, [firstControlKey('agent-1')]: 'e30=' } });
  expect(planCapture({ ...world, secrets: [secret(KEYS)] }).children.secrets).toEqual([]);
  const rotated = planCapture({ ...world, secrets: [secret({ ...KEYS, secretAccessKey: 'b2xk', sessionToken: 'b2xk' })] });
  expect(rotated.children.secrets).toMatchObject([{ surplus: ['sessionToken'], object: { data: KEYS } }]);
});
