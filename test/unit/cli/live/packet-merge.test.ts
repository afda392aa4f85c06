import { expect, test } from '@jest/globals';
import { PacketMerge } from '../../../../src/cli/live/packet-merge.js';
import type { PodPacket } from '../../../../src/cli/live/packet-sink.js';
import { FakeClock } from '../../kube/fake-clock.js';
import { packetOf } from './packets.js';

function merging() {
  const clock = new FakeClock();
  const written: string[] = [];
  const merge = new PacketMerge((packets: PodPacket[]) => {
    written.push(...packets.map(({ pod, packet }) => `${pod}${packet.seconds}`));
    return Promise.resolve();
  }, clock);
  return { clock, written, merge };
}

test('of one stream alone nothing waits, and its order stays its own', async () => {
  const { merge, written } = merging();
  merge.begin();
  await merge.put([packetOf('a', 2), packetOf('a', 1)]);
  expect(written).toEqual(['a2', 'a1']);
});

test('of several, what comes within a moment is put into the order of its times', async () => {
  const { merge, written, clock } = merging();
  merge.begin();
  merge.begin();
  await merge.put([packetOf('a', 1), packetOf('a', 3)]);
  await clock.advance(100);
  await merge.put([packetOf('b', 2), packetOf('b', 4)]);
  expect(written).toEqual([]);
  await clock.advance(100);
  expect(written).toEqual(['a1', 'b2', 'a3']);
  await clock.advance(100);
  expect(written).toEqual(['a1', 'b2', 'a3', 'b4']);
});

test('nothing waits for longer than 200 ms', async () => {
  const { merge, written, clock } = merging();
  merge.begin();
  merge.begin();
  await merge.put([packetOf('a', 1)]);
  await clock.advance(200);
  expect(written).toEqual(['a1']);
});

test('at the end nothing is left', async () => {
  const { merge, written } = merging();
  merge.begin();
  const end = merge.begin();
  await merge.put([packetOf('a', 2)]);
  await merge.put([packetOf('b', 1)]);
  end();
  await merge.flush();
  expect(written).toEqual(['b1', 'a2']);
});

test('packets that come faster than they may wait do not gather in memory', async () => {
  const { merge, written } = merging();
  merge.begin();
  merge.begin();
  const large = packetOf('a', 1);
  large.packet.data = Buffer.alloc(9 * 2 ** 20);
  await merge.put([large]);
  expect(written).toEqual(['a1']);
});
