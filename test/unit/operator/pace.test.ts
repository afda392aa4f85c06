// How soon captures are looked at again, few and many.
import { expect, test } from '@jest/globals';
import { Pace } from '../../../src/operator/pace.js';
import { noChildren } from '../../../src/plan/children.js';
import type { Plan } from '../../../src/plan/plan.js';

const planned = (phase: string, children: Partial<Plan['children']> = {}): Pick<Plan, 'status' | 'children'> => ({ status: { phase }, children: { ...noChildren(), ...children } });

function given(captures: number): { pace: Pace; pass: (ms: number) => void } {
  let nowMs = 1_000_000;
  const pace = new Pace(() => nowMs);
  for (let n = 0; n < captures; n += 1) pace.next(`capture-${n}`, planned('Capturing'), 1000);
  return { pace, pass: (ms) => (nowMs += ms) };
}

test('a few captures are looked at as soon as each wants to be', () => {
  const { pace, pass } = given(50);
  pass(60_000);
  expect(pace.next('capture-0', planned('Capturing'), 1000)).toBe(1000);
});

test('two thousand share the looks: one in which nothing has turned for long waits for the others', () => {
  const { pace, pass } = given(2000);
  pass(60_000);
  expect(pace.next('capture-0', planned('Capturing'), 1000)).toBe(40_000);
});

test('among two thousand one that has just turned, or is just told something, is looked at as if it were alone, and then ever more seldom', () => {
  const { pace, pass } = given(2000);
  pass(60_000);
  expect(pace.next('capture-0', planned('Uploading'), 1000)).toBe(1000);
  pass(3000);
  expect(pace.next('capture-0', planned('Uploading'), 1000)).toBe(3000);
  pass(60_000);
  expect(pace.next('capture-0', planned('Uploading', { controls: [{} as never] }), 1000)).toBe(1000);
});

test('one that is not to be looked at again takes no share', () => {
  const { pace, pass } = given(2000);
  pass(60_000);
  for (let n = 1; n < 2000; n += 1) expect(pace.next(`capture-${n}`, planned('Complete'), undefined)).toBeUndefined();
  expect(pace.next('capture-0', planned('Capturing'), 1000)).toBe(1000);
});
