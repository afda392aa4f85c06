// What each target gets of the kernel memory and of the spool, as targets come and go.
import { describe, expect, test } from '@jest/globals';
import { Shares } from '../../../../src/agent/target/shares.js';
import { applyEvent } from '../../../../src/agent/spool/apply.js';
import type { JobConfig } from '../../../../src/protocol/job-config.js';
import { fold, START_MS, targets } from '../spool/events.js';

const MIB = 2 ** 20;

function given({ asked = 32, budget, spoolMB = 1000, fileMB }: { asked?: number; budget?: number; spoolMB?: number; fileMB?: number }) {
  const state = fold([]);
  const job = {
    tcpdump: { bufferSizeBytes: asked * MIB, ...(budget !== undefined && { bufferBudgetBytes: budget * MIB }) },
    ring: { ...(fileMB !== undefined && { fileSizeBytes: fileMB * 1e6 }) },
    spool: { maxSizeBytes: spoolMB * 1e6 },
  } as JobConfig;
  const shares = new Shares(job, () => state);
  return {
    shares,
    /** Targets that come at the same time. */
    come: (...names: string[]): void => targets(...names).forEach((event) => applyEvent(state, event)),
    go: (name: string): void => {
      applyEvent(state, { type: 'ended', target: name, stopReason: 'TargetGone', timeMs: START_MS });
      shares.giveBack(name);
    },
    buffers: (...names: string[]) => names.map((name) => (shares.of(name)?.bufferSizeBytes ?? 0) / MIB),
    files: (...names: string[]) => names.map((name) => shares.of(name)?.fileSizeMB),
  };
}
const MANY = Array.from({ length: 10 }, (_, n) => `t${n}`);

describe('the kernel memory of', () => {
  test('one target is what was asked for', () => {
    const { come, buffers } = given({});
    come('a');
    expect(buffers('a')).toEqual([32]);
  });
  test('several is what was asked for, as long as the budget has it', () => {
    const { come, buffers } = given({ budget: 128 });
    come('a', 'b', 'c', 'd');
    expect(buffers('a', 'b', 'c', 'd')).toEqual([32, 32, 32, 32]);
  });
  test('more than that is an equal part of the budget', () => {
    const { come, buffers } = given({ budget: 80 });
    come(...MANY);
    expect(buffers(...MANY)).toEqual(MANY.map(() => 8));
  });
  test('one that comes when all is taken is 2 MiB, or what was asked for where that is less', () => {
    const { come, buffers } = given({ budget: 64 });
    come('a', 'b');
    buffers('a', 'b');
    come('c');
    expect(buffers('a', 'b', 'c')).toEqual([32, 32, 2]);
    const small = given({ asked: 1, budget: 1 });
    small.come('a', 'b');
    expect(small.buffers('a', 'b')).toEqual([1, 1]);
  });
  test('one that ended is for the next', () => {
    const { come, go, buffers } = given({ budget: 64 });
    come('a', 'b');
    buffers('a', 'b');
    go('a');
    come('c');
    expect(buffers('b', 'c')).toEqual([32, 32]);
  });
});

describe('a file of', () => {
  test('one target is closed at a quarter of the spool, or as it was asked for', () => {
    const alone = given({});
    alone.come('a');
    expect(alone.files('a')).toEqual([250]);
    const asked = given({ fileMB: 10 });
    asked.come('a');
    expect(asked.files('a')).toEqual([10]);
  });
  test('targets that come together is closed at a quarter of an equal part', () => {
    const { come, files } = given({});
    come(...MANY);
    expect(files(...MANY)).toEqual(MANY.map(() => 25));
  });
  test('one that comes later leaves the others theirs', () => {
    const { come, files } = given({});
    for (const name of MANY) {
      come(name);
      files(name);
    }
    expect(files(...MANY)).toEqual([250, 125, 62, 31, 16, 8, 4, 2, 1, 1]);
  });
  test('one for which the spool is too small is not opened before another one is gone', () => {
    const { come, go, files, shares } = given({ spoolMB: 8 });
    come(...MANY);
    expect(files(...MANY)).toEqual([1, 1, 1, 1, ...MANY.slice(4).map(() => undefined)]);
    expect(shares.count).toBe(4);
    go('t0');
    expect(files('t9')).toEqual([1]);
  });
  test('the only one is opened in a spool of any size', () => {
    const { come, files } = given({ spoolMB: 1 });
    come('a');
    expect(files('a')).toEqual([1]);
  });
});
