// A fault of the cluster level: what is injected while a capture of the deployed operator runs, and what it may cost.
import type { Random } from '../framework/random.js';
import type { Fault } from '../framework/trial.js';
import { playing } from '../framework/open-scenes.js';
import { judge, type Allowed } from '../oracle/judge.js';
import { ClusterScene } from './scene.js';

export interface ClusterFault {
  name: string;
  short?: boolean;
  leftOut?: string;
  alone?: boolean;
  inject: (scene: ClusterScene, random: Random) => Promise<unknown>;
  allowed: Allowed;
}

const FIRST_MOMENT_MS = 3000;
const AFTERWARDS_PACKETS = 600;

export function clusterFault({ name, short = false, leftOut, alone = false, inject, allowed }: ClusterFault): Fault {
  return {
    name,
    level: 'cluster',
    short,
    leftOut,
    alone,
    run(random) {
      return playing(new ClusterScene(), async (scene) => {
        await scene.start();
        await passing(random.between(0, FIRST_MOMENT_MS));
        await inject(scene, random);
        if (scene.isSending) await scene.untilCaptured(AFTERWARDS_PACKETS);
        await scene.finish();
        const evidence = await scene.evidence();
        const verdict = judge(evidence, allowed);
        return { ...verdict, violations: [...verdict.violations, ...evidence.violations], spoolPeakBytes: evidence.spool.peakBytes, spoolBoundBytes: evidence.spool.boundBytes, peakMemoryBytes: evidence.peakMemoryBytes };
      });
    },
  };
}

export const passing = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
