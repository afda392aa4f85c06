import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { kubeOver } from '../../../src/kube/client.js';
import { isFenced, isUnanswered } from '../../../src/kube/errors.js';
import { fenced } from '../../../src/kube/fence.js';
import { CONFIG_MAPS } from '../../../src/kube/resources.js';
import type { Transport } from '../../../src/kube/transport.js';
import { anObject } from './builders.js';
import { FakeClock } from './fake-clock.js';

function harness(answers: number[] = []) {
  const sent: string[] = [];
  let mayWrite = true;
  const transport: Transport = {
    send: ({ method }) => {
      sent.push(method);
      const status = answers.shift() ?? 200;
      return Promise.resolve({ status, headers: status === 429 ? { 'retry-after': '5' } : {}, body: Readable.from([Buffer.from(JSON.stringify(anObject('a')))]) });
    },
    dropIdle: () => undefined,
  };
  const clock = new FakeClock();
  return { sent, clock, forbid: () => (mayWrite = false), kube: kubeOver(fenced(transport, () => mayWrite), { userAgent: 'test/1', clock }) };
}

test('who may not write may read: no write is sent, and each says so', async () => {
  const { kube, sent, forbid } = harness();
  forbid();
  const writes = [
    kube.create(CONFIG_MAPS, 'shop', anObject('a')),
    kube.replace(CONFIG_MAPS, anObject('a')),
    kube.patch(CONFIG_MAPS, 'shop', 'a', {}, { type: 'merge' }),
    kube.remove(CONFIG_MAPS, 'shop', 'a'),
  ];
  for (const { status, ...outcome } of await Promise.allSettled(writes)) {
    expect(status).toBe('rejected');
    const { reason } = outcome as { reason: unknown };
    expect([isFenced(reason), isUnanswered(reason)]).toEqual([true, false]);
  }
  expect(sent).toEqual([]);
  await kube.get(CONFIG_MAPS, 'shop', 'a');
  expect(sent).toEqual(['GET']);
});

test('a write that the server wants to be tried later is not tried by who may not write by then', async () => {
  const { kube, sent, clock, forbid } = harness([429]);
  const written = kube.create(CONFIG_MAPS, 'shop', anObject('a')).catch((error: unknown) => error);
  await clock.advance(1000);
  forbid();
  await clock.advance(10_000);
  expect([isFenced(await written), sent]).toEqual([true, ['POST']]);
});
