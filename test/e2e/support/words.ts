// What a person sees of an obstacle: the condition and the Event.
import { expect } from '@jest/globals';
import { eventually } from '../../integration/eventually.js';
import { condition, type Capture } from './captures.js';
import { kubectl } from './kubectl.js';

/** The words in which a capture that is not Ready says why, the same in its condition and in its Event. */
export async function said(object: Capture, reason: string): Promise<string> {
  const { namespace, name } = object.metadata;
  const ready = condition(object, 'Ready');
  expect(ready).toMatchObject({ status: 'False', reason });
  expect(await eventWords(namespace, name, reason)).toContain(ready?.message?.slice(0, 200));
  return ready?.message ?? '';
}

async function eventWords(namespace: string, name: string, reason: string): Promise<string> {
  return eventually(`Event ${reason}`, async () => {
    const text = await kubectl(['get', 'events', '-n', namespace, '--field-selector', `involvedObject.name=${name},reason=${reason}`, '-o', 'jsonpath={.items[*].message}']);
    return text === '' ? undefined : text;
  }, { timeoutMs: 15_000, everyMs: 200 });
}
