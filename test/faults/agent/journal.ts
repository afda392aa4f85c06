// Faults of what an agent remembers: the end of its journal is lost, the whole journal, the whole spool.
import { readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { agentFault } from './fault.js';
import type { AgentScene } from './scene.js';

const journalOf = (scene: AgentScene): string => join(scene.spool, 'journal');

/** Ends the agent, changes what it left while nobody uses it, and lets the next one begin. */
const between = (scene: AgentScene, change: () => void): Promise<void> =>
  scene.disturb(() =>
    scene.replaced(async () => {
      scene.kubelet.hold();
      scene.agent.child.kill('SIGKILL');
      await scene.agent.exited;
      change();
      scene.kubelet.release();
    }),
  );

export const JOURNAL = [
  agentFault({
    name: 'journal-torn-in-its-last-line',
    short: true,
    inject: (scene, random) =>
      between(scene, () => {
        const journal = readFileSync(journalOf(scene));
        const lastLine = journal.lastIndexOf('\n', journal.length - 2) + 1;
        truncateSync(journalOf(scene), random.between(lastLine, journal.length));
      }),
    allowed: { gaps: ['AgentRestarted'], longestGapMs: 15_000 },
  }),
  agentFault({
    // Before a file leaves the disk the journal is on it for good; what was written later a node that dies may lose, at any byte.
    name: 'journal-lost-since-its-last-sync',
    inject: (scene, random) =>
      between(scene, () => {
        const journal = readFileSync(journalOf(scene));
        const synced = journal.lastIndexOf('"removed"');
        const from = synced < 0 ? journal.length : journal.indexOf('\n', synced) + 1;
        truncateSync(journalOf(scene), random.between(from, journal.length));
      }),
    allowed: { gaps: ['AgentRestarted'], longestGapMs: 15_000 },
  }),
  agentFault({
    name: 'journal-lost',
    inject: (scene) => between(scene, () => rmSync(journalOf(scene))),
    allowed: { gaps: ['AgentRestarted', 'AgentReplaced', 'SpoolLost'], longestGapMs: 15_000, discards: ['SpoolLost'] },
  }),
  agentFault({
    name: 'spool-lost',
    inject: (scene) =>
      between(scene, () => {
        for (const name of ['journal', 'captures', 'segments', 'lock']) rmSync(join(scene.spool, name), { recursive: true, force: true });
      }),
    allowed: { gaps: ['AgentRestarted', 'AgentReplaced', 'SpoolLost'], longestGapMs: 15_000, discards: ['SpoolLost'] },
  }),
];
