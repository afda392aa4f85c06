// What a run follows of its targets while it lasts.
import { describe, expect, test } from '@jest/globals';
import { planCapture } from '../../../src/plan/plan.js';
import { aPod, controlIn, recordOf, running } from './builders.js';

describe('a pod whose sandbox was made anew', () => {
  const withIPs = (ips: string[]) => {
    const { world } = running();
    return planCapture({ ...world, targetPods: [aPod({ status: { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) } })] });
  };

  test('is the same target with its new addresses, in record and control', () => {
    const plan = withIPs(['10.0.0.99', 'fd00::99']);
    expect(recordOf(plan).run.targets).toMatchObject([{ name: 'web-0_aaaaaaaa', podIPs: ['10.0.0.99', 'fd00::99'] }]);
    expect(controlIn(plan)).toMatchObject({ targets: [{ podIPs: ['10.0.0.99', 'fd00::99'], gone: false }] });
  });

  test('keeps the addresses that it had as long as it has none', () => {
    expect(recordOf(withIPs([])).run.targets).toMatchObject([{ podIPs: ['10.0.0.7'] }]);
  });
});
