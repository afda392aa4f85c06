// Series over changes of leaders: what is of the installation ends with one replica and begins at 0 with the next.
import { fromPod, healthyBut, installation, type Series } from './series.js';

const each = (series: Series, change: (values: string) => string): Series => Object.fromEntries(Object.entries(series).map(([name, values]) => [name, change(values)]));
const lasting = (series: Series, steps: number): Series => each(series, (values) => values.replace(/x\d+$/, `x${steps}`));
const ending = (series: Series): Series => each(series, (values) => `${values} stale`);
const after = (steps: number, series: Series): Series => each(series, (values) => `_x${steps} ${values}`);

/** Replicas a and b are replaced by c and d from 20 minutes on. The leader changes twice, and is seen so many samples after each. */
export const rollingUpgrade = (unseen: number): Series => ({
  ...fromPod('a', ending({ packetcapture_leader: '1x39', ...installation(39) })),
  ...fromPod('b', { packetcapture_leader: `0x${40 + unseen} 1x10 stale`, ...after(41 + unseen, ending(installation(10))) }),
  ...fromPod('c', { packetcapture_leader: `_x${42 + unseen} 0x180` }),
  ...fromPod('d', after(52 + 2 * unseen, { packetcapture_leader: '1x170', ...installation(170) })),
});

/** Replica b leads from 20 minutes on, and is seen to do so a minute later. */
export function takeover(changes: Series): Series {
  const all = { ...installation(), ...changes };
  return {
    ...fromPod('a', ending({ packetcapture_leader: '1x39', ...lasting(all, 39) })),
    ...fromPod('b', { packetcapture_leader: '0x41 1x180', ...after(42, lasting(all, 180)) }),
  };
}

/** From 20 minutes on Prometheus has no sample for so many steps. */
export const unreachable = (steps: number): Series => each(healthyBut(), (values) => `${values.replace(/x\d+$/, 'x39')} stale _x${steps - 1} ${values.replace(/x\d+$/, 'x120')}`);

/** At every half minute of so many minutes. */
export const between = (first: number, last: number, alerts: readonly string[] = []): Record<string, readonly string[]> => Object.fromEntries([...Array(2 * (last - first)).keys()].map((n) => [`${first * 60 + n * 30}s`, alerts]));
