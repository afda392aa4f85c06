// A fault of the agent level: settings, what is injected into the scene, and what it may cost.
import type { Random } from '../framework/random.js';
import type { Fault } from '../framework/trial.js';
import { playing } from '../framework/open-scenes.js';
import { judge, type Allowed } from '../oracle/judge.js';
import { AgentScene, type Settings } from './scene.js';

export interface AgentFault {
  name: string;
  short?: boolean;
  leftOut?: string;
  settings?: (random: Random) => Settings;
  /** Begins while traffic flows and is captured, at a random moment. Ends when all is well again, as far as it may be. */
  inject: (scene: AgentScene, random: Random) => Promise<void>;
  allowed: Allowed;
}

/** Moments are anywhere in the ring's turn of 1 s. */
const FIRST_MOMENT_MS = 1500;
/** What is captured after the fault, to see that capturing goes on. */
const AFTERWARDS_PACKETS = 500;

export function agentFault({ name, short = false, leftOut, settings = () => ({}), inject, allowed }: AgentFault): Fault {
  return {
    name,
    level: 'agent',
    short,
    leftOut,
    alone: false,
    async run(random) {
      return playing(await AgentScene.set(settings(random)), async (scene) => {
        await scene.start();
        await passing(random.between(0, FIRST_MOMENT_MS));
        await inject(scene, random);
        const isOver = scene.lastReport?.stopReason !== undefined;
        if (!isOver) await scene.untilCaptured(AFTERWARDS_PACKETS);
        await scene.finish(isOver);
        const evidence = await scene.evidence();
        const verdict = judge(evidence, allowed);
        const { spool, peakMemoryBytes } = evidence;
        return { ...verdict, violations: [...verdict.violations, ...scene.violationsMeanwhile()], spoolPeakBytes: spool.peakBytes, spoolBoundBytes: spool.boundBytes, peakMemoryBytes };
      });
    },
  };
}

/** Lets time pass: a moment of injection is nothing but a time. */
export const passing = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
