// What figures 4 and 5 are made of, measured once: captures that end with 500 MB pending, aws-cli with the same bytes, tcpdump alone.
import type { Bench } from '../../framework/figure.js';
import { inTurn } from '../../framework/rounds.js';
import { AWS, awsCopy, fetched } from './aws.js';
import { endedCapture } from './capture.js';
import { makeScene, PENDING_BYTES } from './scene.js';
import { tcpdumpAlone } from './tcpdump-alone.js';

interface Memory {
  idle: number[];
  peak: number[];
}

export interface Runs {
  /** Seconds for 500 MB. */
  seconds: Record<'files' | 'filesByAWS' | 'file' | 'fileByAWS', number[]>;
  /** MB. */
  agent: Memory;
  tcpdump: Memory;
}

const made = new Map<string, Promise<Runs>>();

/** One measuring for both figures. */
export function runs(bench: Bench): Promise<Runs> {
  const known = made.get(bench.seed) ?? measured(bench);
  made.set(bench.seed, known);
  return known;
}

async function measured(bench: Bench): Promise<Runs> {
  const scene = await makeScene();
  try {
    const agent: Memory = { idle: [], peak: [] };
    const tcpdump: Memory = { idle: [], peak: [] };
    const ours = async (name: string, fileSize: string): Promise<number> => {
      const { seconds, idleMB, peakMB } = await endedCapture(scene, name, fileSize);
      agent.idle.push(idleMB);
      agent.peak.push(peakMB);
      return seconds;
    };
    bench.say(`  a first capture, whose files ${AWS} gets`);
    const local = await endedCapture(scene, 'first', '100M', true).then(({ prefix }) => fetched(prefix));
    const per500MB = (seconds: number): number => seconds * (PENDING_BYTES / local.bytes);
    try {
      const seconds = await inTurn(bench, {
        files: (round) => ours(`files-${round}`, '100M'),
        filesByAWS: async () => per500MB(await awsCopy(`${local.folder}/`, `${scene.prefix}aws/`, '--recursive')),
        file: (round) => ours(`file-${round}`, '1000M'),
        fileByAWS: async () => per500MB(await awsCopy(local.file, `${scene.prefix}aws/`)),
      });
      for (let round = 0; round < bench.rounds; round += 1) {
        const { idleMB, peakMB } = await tcpdumpAlone(scene);
        tcpdump.idle.push(idleMB);
        tcpdump.peak.push(peakMB);
      }
      return { seconds, agent, tcpdump };
    } finally {
      await local.remove();
    }
  } finally {
    await scene.remove();
  }
}
