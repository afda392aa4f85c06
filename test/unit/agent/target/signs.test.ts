// Where the gap of a tcpdump that could not write all begins.
import { expect, test } from '@jest/globals';
import { Signs } from '../../../../src/agent/target/signs.js';

type Parts = ConstructorParameters<typeof Signs>;

/** Counts once a second while packets come at a thousand a second; looked at a tenth of a second after each count. `lost` packets were not written at second 5. */
function gapFrom(lost: number, noRoomAtMs: number | undefined): number | undefined {
  const START = 1_000_000;
  let nowMs = START;
  const recorded: { type: string; coveredUs?: number }[] = [];
  const tcpdump = { listeningMs: START, counters: { captured: 0, droppedByKernel: 0, droppedByInterface: 0 }, countedMs: START, quietMs: undefined, stopRequestedMs: undefined as number | undefined, closing: undefined as object | undefined };
  const follower = { packets: 0, open: { lastUs: START * 1000 } };
  const deps = { spool: { state: { targets: { t: {} } }, record: (event: { type: string }) => void recorded.push(event) }, clock: { now: () => nowMs }, log: { info: () => undefined }, wake: () => undefined };
  const signs = new Signs({ target: 't', attempt: 1, start: 1 }, tcpdump as unknown as Parts[1], follower as unknown as Parts[2], deps as unknown as Parts[3], { close: () => undefined } as unknown as Parts[4], () => undefined);
  signs.take();
  for (let second = 1; second <= 9; second += 1) {
    tcpdump.countedMs = START + second * 1000;
    tcpdump.counters.captured = second * 1000;
    nowMs = tcpdump.countedMs + 100;
    follower.packets = second * 1000 + 100 - (second > 5 ? lost : 0);
    follower.open.lastUs = nowMs * 1000;
    if (noRoomAtMs !== undefined && second === 6) {
      nowMs = START + noRoomAtMs;
      signs.hasNoRoom(nowMs);
      nowMs = tcpdump.countedMs + 100;
    }
    expect(signs.isAllWritten()).toBe(true);
  }
  tcpdump.stopRequestedMs = nowMs;
  tcpdump.closing = { captured: 9100, received: 9100, droppedByKernel: 0 };
  signs.recordExit(nowMs, lost > 0, undefined, nowMs);
  const coveredUs = recorded.find(({ type }) => type === 'exited')?.coveredUs;
  return coveredUs === undefined ? undefined : coveredUs / 1000 - START;
}

test('a few packets that found no room hide behind those that came later: the gap begins before the disk was full', () => {
  expect(gapFrom(7, 5300)).toBe(4300);
});

test('where the disk always had room, a gap begins at the last count but one that the files held', () => {
  expect(gapFrom(7, undefined)).toBe(8000);
});

test('where all is there, there is no gap, whatever the room was', () => {
  expect(gapFrom(0, 5300)).toBe(9100);
});
