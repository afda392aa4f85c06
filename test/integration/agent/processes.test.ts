// A pass over the processes of the node that is made before anybody asks: whom it answers, and for how long.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { statSync } from 'node:fs';
import { PodProcesses } from '../../../src/agent/netns/processes.js';
import { eventually } from '../eventually.js';
import { TestPod } from './harness/namespace.js';

let pod: TestPod;
let other: TestPod;
let nowMs: number;
let processes: PodProcesses;

beforeEach(async () => {
  [pod, other] = [new TestPod(), new TestPod('other-0')];
  nowMs = 1000;
  processes = new PodProcesses(() => nowMs);
  pod.run();
  await eventually('its process is in its netns', async () => (await inodes(new PodProcesses())).includes(inodeOf(`/run/netns/${pod.netns}`)));
});
afterEach(() => {
  for (const one of [pod, other]) one.remove();
});

const inodeOf = (path: string): bigint => statSync(path, { bigint: true }).ino;
const inodes = async (of: PodProcesses): Promise<bigint[]> => (await of.groups(pod.uid)).map(({ inode }) => inode);

/** The netns of one more process of the pod, which a pass that begins now sees. */
async function joined(): Promise<bigint> {
  const child = pod.run(['unshare', '-rn', 'sleep', 'infinity'], 'app');
  const own = (): bigint => inodeOf(`/proc/${child.pid}/ns/net`);
  await eventually('it has a netns of its own', () => own() !== inodeOf('/proc/self/ns/net'));
  return own();
}

test('what it found of a pod answers the first question about it; the second is answered by what there is by then', async () => {
  processes.lookAhead();
  // It has passed once somebody else was answered.
  expect(await processes.groups(other.uid)).toEqual([]);
  const later = await joined();
  const first = inodeOf(`/run/netns/${pod.netns}`);
  expect(await inodes(processes)).toEqual([first]);
  expect(await inodes(processes)).toEqual([first, later]);
});

test('half a second later it answers nobody any more', async () => {
  processes.lookAhead();
  expect(await processes.groups(other.uid)).toEqual([]);
  const later = await joined();
  nowMs += 501;
  expect(await inodes(processes)).toContain(later);
});
