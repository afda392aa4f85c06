// Figure 5: the agent's memory, idle and at the peak of figure 4, beside tcpdump alone.
import type { Figure } from '../framework/figure.js';
import { runs } from './upload/runs.js';

export const memory: Figure = {
  number: 5,
  name: 'memory',
  title: "The agent's memory",
  method:
    "Of the captures of figure 4, the resident memory of the agent's process: three seconds after it began to capture, when nothing had arrived (VmRSS), and the most that it ever had (VmHWM), read up to its exit, so with 500 MB uploaded. " +
    "Its tcpdump, a process of its own, is not in it. Theirs is `tcpdump -i any -w` as people type it, in the same netns: before and after 60,000 datagrams. Not measured: the page cache of the files, and the kernel's packet buffers beyond what tcpdump maps of them.",
  async measure(bench) {
    const { agent, tcpdump } = await runs(bench);
    return [
      { id: 'memory-idle', ours: 'the agent, while nothing arrives', theirs: 'tcpdump alone', unit: 'MB', samples: { ours: agent.idle, theirs: tcpdump.idle }, as: 'value', better: 'less', limits: {}, margin: 0.15 },
      { id: 'memory-peak', ours: 'the agent at its most, 500 MB uploaded', theirs: 'tcpdump alone, while it captures', unit: 'MB', samples: { ours: agent.peak, theirs: tcpdump.peak }, as: 'value', better: 'less', limits: { must: 150, goal: 100 }, margin: 0.15 },
    ];
  },
};
