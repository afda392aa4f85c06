// The kernel ends the agent for want of memory, as a container's limit does.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { eventually } from '../../integration/eventually.js';
import { agentFault } from './fault.js';
import type { AgentScene } from './scene.js';

/** cgroup v1 and v2 name the same things differently. */
const [ROOT, LIMIT, USAGE, NONE] = (() => {
  const v1 = '/sys/fs/cgroup/memory';
  try {
    readFileSync(join(v1, 'memory.limit_in_bytes'));
    return [v1, 'memory.limit_in_bytes', 'memory.usage_in_bytes', '-1'] as const;
  } catch {
    return ['/sys/fs/cgroup', 'memory.max', 'memory.current', 'max'] as const;
  }
})();

const groupOf = (folder: string): string => join(ROOT, basename(folder));

/** What the group may take beyond what it takes now. */
const ROOM_BYTES = 30 * 2 ** 20;

/** Another process of the group takes all that the limit leaves; of the two the kernel is to choose the agent. */
async function starve(scene: AgentScene): Promise<void> {
  const group = groupOf(scene.folder);
  const { child } = scene.agent;
  writeFileSync(join(group, LIMIT), String(Number(readFileSync(join(group, USAGE), 'utf8')) + ROOM_BYTES));
  writeFileSync(`/proc/${child.pid}/oom_score_adj`, '1000');
  const greedy = spawn('sh', ['-c', 'echo $$ > "$0" && exec tail /dev/zero', join(group, 'cgroup.procs')], { stdio: 'ignore' });
  await eventually('the agent is ended', () => child.exitCode !== null || child.signalCode !== null, { everyMs: 3 });
  greedy.kill('SIGKILL');
  await eventually('the other process is ended', () => greedy.exitCode !== null || greedy.signalCode !== null);
  writeFileSync(join(group, LIMIT), NONE);
}

export const MEMORY = [
  agentFault({
    name: 'agent-out-of-memory',
    settings: () => ({
      prepare: (folder) => mkdirSync(groupOf(folder)),
      onAgent: (pid, folder) => writeFileSync(join(groupOf(folder), 'cgroup.procs'), String(pid)),
      undo: (folder) => rmdirSync(groupOf(folder)),
    }),
    inject: (scene) => scene.disturb(() => scene.replaced(() => starve(scene))),
    allowed: { gaps: ['AgentRestarted', 'TcpdumpDied'], longestGapMs: 15_000 },
  }),
];
