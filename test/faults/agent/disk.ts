// Faults of the node's disk: it is full, by us or by somebody else, or the spool may not take more.
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { JobOverrides } from '../../integration/agent/harness/agent-process.js';
import { agentFault, passing } from './fault.js';
import { FOREIGN_FILE } from '../framework/sampler.js';
import type { AgentScene, Settings } from './scene.js';

const MIB = 2 ** 20;

/** A small file system of its own as spool. */
const small = (mebibytes: number): Settings => ({
  prepare: (_, spool) => void execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', spool]),
  undo: (_, spool) => void execFileSync('umount', ['--lazy', spool]),
});

/** Writes until `isEnough`, or until nothing more fits. */
function fill(scene: AgentScene, isEnough: (freeBytes: number) => boolean): void {
  const file = openSync(join(scene.spool, FOREIGN_FILE), 'a');
  try {
    for (;;) {
      const { bavail, bsize } = statfsSync(scene.spool);
      if (isEnough(bavail * bsize) || writeSync(file, Buffer.alloc(Math.min(64 * 1024, Math.max(bsize, bavail * bsize)))) === 0) return;
    }
  } catch {
    // Full.
  } finally {
    closeSync(file);
  }
}

const empty = (scene: AgentScene): void => rmSync(join(scene.spool, FOREIGN_FILE), { force: true });

export const DISK = [
  agentFault({
    name: 'disk-full-by-others',
    short: true,
    settings: () => ({ ...small(24), bytes: 1000, job: { spool: { maxSizeBytes: 1e9 } } }),
    inject: (scene, random) =>
      scene.disturb(async () => {
        fill(scene, () => false);
        await passing(random.between(200, 3000));
        empty(scene);
        const { captured } = (scene.lastReport?.ledger.packets) ?? { captured: 0 };
        await scene.until('packets again', (r) => r.ledger.packets.captured > captured + 500);
        // That something was not written shows only at the second count after there is room again.
        await passing(3000);
        await scene.untilListening();
      }),
    allowed: { gaps: ['NotWritten', 'TcpdumpDied', 'TcpdumpHung'], longestGapMs: 12_000, discards: ['SpoolFull'], drops: true },
  }),
  agentFault({
    name: 'disk-reserve-taken-by-others',
    settings: () => ({ ...small(24), bytes: 1000, job: { tcpdump: { bufferSizeBytes: MIB }, spool: { maxSizeBytes: 1e9, reserveFraction: 0.3 } } }),
    inject: (scene, random) =>
      scene.disturb(async () => {
        fill(scene, (freeBytes) => freeBytes < 5 * MIB);
        await passing(random.between(200, 3000));
        empty(scene);
        const { captured } = (scene.lastReport?.ledger.packets) ?? { captured: 0 };
        await scene.until('packets again', (r) => r.ledger.packets.captured > captured + 500);
      }),
    allowed: { discards: ['SpoolFull'], drops: true },
  }),
  agentFault({
    name: 'spool-full-while-the-bucket-is-down',
    short: true,
    settings: (random): Settings => ({ perSecond: 3000, bytes: 1400, job: { ring: random.pick<NonNullable<JobOverrides['ring']>>([{ fileSizeBytes: 1e6 }, { rotateIntervalSeconds: 1 }, {}]), spool: { maxSizeBytes: 12e6 } } }),
    async inject(scene, random) {
      await scene.proxy.down();
      await scene.until('files are discarded', (r) => (r.discards['SpoolFull'] ?? 0) > 0);
      await passing(random.between(0, 3000));
      await scene.proxy.up();
    },
    allowed: { discards: ['SpoolFull'], drops: true },
  }),
  agentFault({
    name: 'ring-overwrote-while-the-bucket-is-down',
    settings: (random) => ({ perSecond: 2000, bytes: 1000, job: { ring: { fileSizeBytes: 1e6, files: random.between(2, 4) } } }),
    async inject(scene, random) {
      await scene.proxy.down();
      await scene.until('files are discarded', (r) => (r.discards['RingOverwrote'] ?? 0) > 0);
      await passing(random.between(0, 2000));
      await scene.proxy.up();
    },
    allowed: { discards: ['RingOverwrote'] },
  }),
  agentFault({
    name: 'agent-killed-while-the-spool-is-full',
    settings: () => ({ perSecond: 3000, bytes: 1400, job: { ring: { fileSizeBytes: 1e6 }, spool: { maxSizeBytes: 12e6 } } }),
    async inject(scene, random) {
      await scene.proxy.down();
      await scene.until('files are discarded', (r) => (r.discards['SpoolFull'] ?? 0) > 0);
      for (let times = random.between(1, 3); times > 0; times -= 1) {
        await scene.disturb(() => scene.replaced(() => void scene.agent.child.kill('SIGKILL')));
        await passing(random.between(0, 1500));
      }
      await scene.proxy.up();
    },
    allowed: { gaps: ['AgentRestarted'], longestGapMs: 15_000, discards: ['SpoolFull'], drops: true },
  }),
];
