import { describe, expect, test } from '@jest/globals';
import { createProgress } from '../../../../src/cli/terminal/progress.js';
import { progressText } from '../../../../src/cli/terminal/progress-text.js';
import { textWidth } from '../../../../src/cli/terminal/width.js';
import { FakeClock } from '../../kube/fake-clock.js';
import { testIo } from '../test-io.js';

/** Escapes as words. */
const spelt = (text: string): string => text.replaceAll('\r', '<back>').replaceAll('\u001B[2A', '<up 2>').replaceAll('\u001B[J', '<erase>');
const half = { doneBytes: 6_000_000, totalBytes: 12_000_000, doneFiles: 3, totalFiles: 8 };
const course = { samples: [{ at: 0, bytes: 2_000_000 }], now: 2000, startedAt: 0, end: false };

describe('the words of a transfer', () => {
  test('as a plain line', () => {
    expect(progressText('web-resets', half, course)).toBe('web-resets: 50%, 6MB of 12MB, 3 of 8 files, 2MB/s, 3s left');
  });

  test('with a bar at 80 columns, and a longer one at 200', () => {
    expect(progressText('web', half, course, 80)).toBe(`web  [${'#'.repeat(12)}${'.'.repeat(12)}]  50%  6MB of 12MB  3 of 8 files  2MB/s  3s left`);
    expect(progressText('web', half, course, 200)).toContain(`[${'#'.repeat(20)}${'.'.repeat(20)}]`);
  });

  test.each([1, 2, 10, 30, 50, 60, 80, 120])('at %i columns leave the last one free', (columns) => {
    expect(textWidth(progressText('web-resets', half, course, columns))).toBeLessThan(Math.max(2, columns));
  });

  test('of a size that nobody knows have no bar', () => {
    expect(progressText('web', { ...half, totalBytes: 0 }, course, 80)).not.toContain('[');
  });

  test('at the end say how long it took', () => {
    expect(progressText('web', { ...half, doneBytes: 12_000_000, doneFiles: 8 }, { ...course, now: 3000, end: true })).toBe('web: 100%, 12MB of 12MB, 8 of 8 files, 4MB/s, in 3s');
  });
});

describe('progress', () => {
  test('is drawn over itself on a terminal, and lines that stay come above it', async () => {
    const clock = new FakeClock();
    const io = testIo({ clock, size: { columns: 80, rows: 24 } });
    const progress = createProgress(io, { label: 'web' });
    progress.update({ ...half, doneBytes: 0 });
    await clock.advance(1000);
    progress.update(half);
    await clock.advance(100);
    progress.say('x.pcap is whole');
    progress.end();
    expect(spelt(io.err())).toMatch(/^<back><erase>web {2}\[\.+\] {2}0%[^\n]*<back><erase>web {2}\[#+\.+\] {2}50%[^\n]*<back><erase>x\.pcap is whole\n<back><erase>web[^\n]*<back><erase>web[^\n]*in 1s\n$/u);
    expect(io.out()).toBe('');
    expect(clock.waiting).toEqual([]);
  });

  test('takes back the rows into which a narrower terminal has wrapped it', () => {
    const io = testIo({ clock: new FakeClock(), size: { columns: 100, rows: 24 } });
    createProgress(io, { label: 'web' }).update(half);
    const before = io.err().length;
    io.resize({ columns: 30, rows: 24 });
    expect(spelt(io.err().slice(before))).toMatch(/^<back><up 2><erase>web/u);
  });

  test('is a line now and then where there is no terminal, with no escapes', async () => {
    const clock = new FakeClock();
    const io = testIo({ clock });
    const progress = createProgress(io, { label: 'web' });
    for (let second = 0; second < 12; second++) {
      progress.update({ ...half, doneBytes: second * 1_000_000 });
      await clock.advance(1000);
    }
    progress.end();
    const lines = io.err().trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(io.err().replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  test('is plain on a terminal that can only print', () => {
    const io = testIo({ clock: new FakeClock(), size: { columns: 80, rows: 24 }, env: { TERM: 'dumb' } });
    const progress = createProgress(io, { label: 'web' });
    progress.update(half);
    progress.end();
    expect(io.err().replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });
});

describe('hostile: terminal', () => {
  test('escapes in a name that is shown → none reaches the terminal', () => {
    const io = testIo({ clock: new FakeClock(), size: { columns: 80, rows: 24 } });
    const progress = createProgress(io, { label: 'a\u001B[2Jb' });
    progress.update(half);
    progress.say('\u001B]0;owned\u0007\nx');
    progress.end();
    expect(spelt(io.err()).replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });
});
