// Figure 2: what of a flood is captured, against what people run in a cluster today.
import type { Bench, Comparison, Figure } from '../framework/figure.js';
import { fieldOf, inTurn } from '../framework/rounds.js';
import { shareOfOurs } from './flood/capture.js';
import { LARGE } from './flood/send.js';
import { shareOfExec, shareOfLimited } from './flood/people.js';
import { makeScene } from './flood/scene.js';

const NAMESPACE = 'packetcapture-bench-habits';

async function measure(bench: Bench): Promise<Comparison[]> {
  const scene = await makeScene(NAMESPACE);
  try {
    const samples = await inTurn(bench, {
      ours: (round) => shareOfOurs(scene, `flood-${round}`, LARGE, bench.seed),
      exec: () => shareOfExec(scene, LARGE, bench.seed),
      limited: () => shareOfLimited(scene, LARGE, bench.seed),
    });
    const percent = fieldOf(samples, 'percent');
    const perSecond = fieldOf(samples, 'perSecond');
    const ours = 'captured and in the bucket, of 300,000 packets/s × 1400 B';
    const exec = '`kubectl exec POD -- tcpdump -i any -U -w -` to a file';
    const limited = '`tcpdump -i any -w FILE` in a container limited to 100m CPU';
    const against = { unit: '%', as: 'ratio', better: 'more', limits: { goal: 1.5 }, margin: 0.3 } as const;
    // kubectl exec takes so much of the processors, and so differently, that the sender reaches a third of its rate or all of it.
    const speed = { ours: 'how fast the sender was meanwhile', unit: 'packets/s', as: 'ratio', better: 'more', limits: {}, margin: 0.7 } as const;
    return [
      { id: 'habits.exec', ours, theirs: exec, samples: { ours: percent.ours, theirs: percent.exec }, ...against },
      { id: 'habits.exec-rate', theirs: exec, samples: { ours: perSecond.ours, theirs: perSecond.exec }, ...speed },
      { id: 'habits.limited', ours, theirs: limited, samples: { ours: percent.ours, theirs: percent.limited }, ...against },
      { id: 'habits.limited-rate', theirs: limited, samples: { ours: perSecond.ours, theirs: perSecond.limited }, ...speed },
    ];
  } finally {
    await scene.remove();
  }
}

export const habits: Figure = {
  number: 2,
  name: 'habits',
  title: 'The same flood, and what people would otherwise run',
  method:
    'The pod, the flood of 1400-byte packets and our capture are those of figure 1. Theirs, first: `kubectl exec POD -- tcpdump -i any -U -w -` to a file of this machine, as ksniff does; after the flood it is let drain for 1.5 s, gets SIGINT, and has a minute to bring the rest. ' +
    'Theirs, second: a privileged pod on the node whose container is limited to 100m CPU runs `tcpdump -i any -w FILE --relinquish-privileges=root` in the target’s network namespace, as Retina’s capture Jobs do on the node; it too gets SIGINT 1.5 s after the flood. Their upload at the end loses nothing and is left out. ' +
    'Counted are the packets in their files, by capinfos. Not measured: other settings of theirs, such as a filter or a shorter snapshot length, which help all three.',
  measure,
};
