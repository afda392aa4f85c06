// Figure 8: from the closing of a file to its verification in the bucket, at one rotation a second.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { folderOfTarget } from '../../../src/agent/spool/folders.js';
import { startSending } from '../../integration/agent/harness/traffic.js';
import { ownPrefix, removeAll } from '../../integration/storage/sandbox-bucket.js';
import type { Figure } from '../framework/figure.js';
import { median, percentile } from '../framework/rounds.js';
import { withAgentInPod } from '../support/agent-in-pod.js';
import { putAlone } from '../support/put-alone.js';
import { SpoolWatch } from './rotation/spool-watch.js';

const ROUND_MS = 21_000;
const TRAFFIC = { perSecond: 2000, bytes: 1000 };
/** All that was closed is in the bucket long before. */
const AFTER_MS = 3000;

export const rotation: Figure = {
  number: 8,
  name: 'rotation',
  title: 'File closed to verified in the bucket, p95, at one rotation a second',
  method: `The agent as its Job runs it, but without a kubelet, with \`rotateInterval: 1s\`, and ${TRAFFIC.perSecond} datagrams of ${TRAFFIC.bytes} bytes a second: a file of about 2 MB each second. From outside is seen when tcpdump made its next file, which it does in one go with closing this one, and when the journal says that this one was read back from the bucket by size and checksum. In turn, ${ROUND_MS / 1000} s of that, and the same files put into the same bucket one by one with curl while nothing else goes on, timed by curl from connecting to the answer, unhashed and not read back. A round's number is the p95 of ours and the median of theirs.`,
  measure: (bench) =>
    withAgentInPod({ tcpdump: { filter: 'udp' }, ring: { rotateIntervalSeconds: 1 } }, async ({ pod, node }) => {
      const target = folderOfTarget(node.spool, pod.target.name);
      const start = join(target, readdirSync(target)[0] ?? '');
      const prefix = ownPrefix();
      const samples = { ours: [] as number[], theirs: [] as number[] };
      const all: number[] = [];
      try {
        for (let round = 0; round < bench.rounds; round += 1) {
          const watch = new SpoolWatch(node.spool, start, join(node.folder, `round-${round}`));
          const sending = startSending(pod, TRAFFIC);
          try {
            await wait(ROUND_MS);
            await sending.stop();
            await wait(AFTER_MS);
          } finally {
            watch.close();
          }
          // The first was opened before there was traffic.
          const files = watch.uploaded.slice(1);
          const alone: number[] = [];
          for (const [n, { path }] of files.entries()) alone.push(await putAlone(path, `${prefix}${round}/${n}`));
          all.push(...files.map(({ ms }) => ms));
          const [ours, theirs] = [percentile(files.map(({ ms }) => ms), 0.95) / 1000, median(alone) / 1000];
          samples.ours.push(ours);
          samples.theirs.push(theirs);
          bench.say(`  round ${round + 1}: ${files.length} files of ${median(files.map(({ bytes }) => bytes))} bytes, ours p95 ${ours} s, median ${median(files.map(({ ms }) => ms))} ms, theirs ${theirs} s`);
        }
      } finally {
        await removeAll(prefix);
      }
      return [
        {
          id: 'rotation-verified',
          ours: 'file closed → verified in the bucket, p95',
          theirs: 'one PUT of that file with curl',
          unit: 's' as const,
          samples,
          as: 'difference' as const,
          better: 'less' as const,
          limits: { must: 1, goal: 0.3 },
          margin: 0.2,
          note: `Median of all ${all.length} files: ${(median(all) / 1000).toFixed(2)} s.`,
        },
      ];
    }),
};
