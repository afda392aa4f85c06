import { describe, expect, test } from '@jest/globals';
import type { CaptureObject } from '../../../../src/cli/capture.js';
import { linesDisplay, screenDisplay } from '../../../../src/cli/watch/display.js';
import { NO_HISTORY, withSeen } from '../../../../src/cli/watch/history.js';
import { FakeClock } from '../../kube/fake-clock.js';
import { capture, completeCapture, target } from '../captures.js';
import { testIo } from '../test-io.js';

const view = (of: CaptureObject) => ({ capture: of, history: withSeen(NO_HISTORY, of, 0) });
const counted = (captured: number): CaptureObject => capture({ status: { packets: { captured, uploaded: 0, pending: captured, lost: 0 } } });
const ENTER = '\u001B[?1049h';
const LEAVE = '\u001B[?1049l';

describe('lines', () => {
  test('come where something changed, at most one a second, and the last word in any case', async () => {
    const clock = new FakeClock();
    const io = testIo({ clock });
    const display = linesDisplay(io);
    for (let tenth = 0; tenth < 25; tenth++) {
      display.seen(view(counted(tenth)), true);
      await clock.advance(100);
    }
    await clock.advance(60_000);
    display.seen(view(counted(24)), true);
    display.seen(view(completeCapture()), false);
    display.end();
    const packets = io.out().trimEnd().split('\n').map((line) => /(\d+) packets,/.exec(line)?.[1]);
    expect(packets).toEqual(['0', '9', '19', '24', '100']);
    expect(io.out().replaceAll('\n', '')).not.toMatch(/\p{C}/u);
    expect(clock.waiting).toEqual([]);
  });

  test('miss no turn of a phase or a target that fell into one second', () => {
    const clock = new FakeClock();
    const io = testIo({ clock });
    const display = linesDisplay(io);
    display.seen(view(capture({ status: { phase: 'Starting', targets: [] } })), true);
    display.seen(view(capture({ status: { targets: [target('web-0'), target('web-1')] } })), true);
    display.seen(view(capture({ status: { phase: 'Uploading', targets: [target('web-0'), target('web-1', { state: 'Failed', reason: 'InterfaceNotFound' })] } })), true);
    display.end();
    const [first = '', second = ''] = io.out().split('\n');
    expect(first).toMatch(/^2026-11-20T00:00:00Z Starting: /);
    expect(second).toMatch(/ Capturing: .*; web-0 Capturing; web-1 Capturing; Uploading: .*; web-1 Failed \(InterfaceNotFound\); 100 packets, /);
  });
});

describe('the picture', () => {
  test('goes on by itself each second, and anew where the terminal has another size', async () => {
    const clock = new FakeClock();
    const io = testIo({ clock, size: { columns: 80, rows: 24 } });
    const display = screenDisplay(io);
    display.seen(view(capture()), true);
    const one = io.out().length;
    await clock.advance(1000);
    expect(io.out().length).toBeGreaterThan(one);
    const two = io.out().length;
    io.resize({ columns: 200, rows: 50 });
    expect(io.out().slice(two)).toMatch(/\[2J.*Capturing/su);
    display.end();
    display.end();
    expect(io.out().split(ENTER)).toHaveLength(2);
    expect(io.out().split(LEAVE)).toHaveLength(2);
    expect(clock.waiting).toEqual([]);
    const three = io.out().length;
    io.resize({ columns: 80, rows: 24 });
    expect(io.out()).toHaveLength(three);
  });

  test('of what has ended already takes no screen: it stands where it was asked for', () => {
    const io = testIo({ clock: new FakeClock(), size: { columns: 80, rows: 24 } });
    const display = screenDisplay(io);
    display.seen(view(completeCapture()), false);
    display.end();
    expect(io.out()).not.toContain(ENTER);
    expect(io.out()).toContain('  Complete');
  });
});
