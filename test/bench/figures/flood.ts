// Figure 1: what of a flood is captured, against a plain tcpdump, and against netsniff-ng.
import type { Bench, Comparison, Figure } from '../framework/figure.js';
import { fieldOf, inTurn } from '../framework/rounds.js';
import { recount, shareOfOurs } from './flood/capture.js';
import { LARGE, SMALL, type FloodKind } from './flood/send.js';
import { makeScene } from './flood/scene.js';
import { netsniff, sharePlain, tcpdump } from './flood/tools.js';

const NAMESPACE = 'packetcapture-bench-flood';

async function measure(bench: Bench): Promise<Comparison[]> {
  const scene = await makeScene(NAMESPACE);
  try {
    const ours = (kind: FloodKind) => (round: number) => shareOfOurs(scene, `flood-${kind.bytes}-${round}`, kind, bench.seed, round === 0 && kind === SMALL ? recount : undefined);
    const samples = await inTurn(bench, {
      large: ours(LARGE),
      largeTcpdump: () => sharePlain(scene, tcpdump, LARGE, bench.seed),
      largeNetsniff: () => sharePlain(scene, netsniff, LARGE, bench.seed),
      small: ours(SMALL),
      smallTcpdump: () => sharePlain(scene, tcpdump, SMALL, bench.seed),
      smallNetsniff: () => sharePlain(scene, netsniff, SMALL, bench.seed),
    });
    const percent = fieldOf(samples, 'percent');
    const perSecond = fieldOf(samples, 'perSecond');
    const large = 'captured and in the bucket, of 300,000 packets/s × 1400 B';
    const small = 'captured and in the bucket, of 64-byte packets as fast as the sender can';
    const byTcpdump = '`tcpdump -i eth0 -w FILE`';
    const byNetsniff = '`netsniff-ng --in eth0 --out FILE`';
    const against = { unit: '%', as: 'ratio', better: 'more', margin: 0.05 } as const;
    const atLeast = { must: 0.98, goal: 1 };
    const speed = { unit: 'packets/s', as: 'ratio', better: 'more', limits: {}, margin: 0.3 } as const;
    const largeSpeed = 'how fast the sender was meanwhile, 1400 B';
    const smallSpeed = 'how fast the sender was meanwhile, 64 B';
    return [
      { id: 'flood.large', ours: large, theirs: byTcpdump, samples: { ours: percent.large, theirs: percent.largeTcpdump }, limits: atLeast, ...against },
      { id: 'flood.large-netsniff', ours: large, theirs: byNetsniff, samples: { ours: percent.large, theirs: percent.largeNetsniff }, limits: { goal: 1 }, ...against },
      { id: 'flood.small', ours: small, theirs: byTcpdump, samples: { ours: percent.small, theirs: percent.smallTcpdump }, limits: atLeast, ...against },
      { id: 'flood.small-netsniff', ours: small, theirs: byNetsniff, samples: { ours: percent.small, theirs: percent.smallNetsniff }, limits: { goal: 1 }, ...against },
      { id: 'flood.large-rate', ours: largeSpeed, theirs: byTcpdump, samples: { ours: perSecond.large, theirs: perSecond.largeTcpdump }, ...speed },
      { id: 'flood.large-rate-netsniff', ours: largeSpeed, theirs: byNetsniff, samples: { ours: perSecond.large, theirs: perSecond.largeNetsniff }, ...speed },
      { id: 'flood.small-rate', ours: smallSpeed, theirs: byTcpdump, samples: { ours: perSecond.small, theirs: perSecond.smallTcpdump }, ...speed },
      { id: 'flood.small-rate-netsniff', ours: smallSpeed, theirs: byNetsniff, samples: { ours: perSecond.small, theirs: perSecond.smallNetsniff }, ...speed },
    ];
  } finally {
    await scene.remove();
  }
}

export const flood: Figure = {
  number: 1,
  name: 'flood',
  title: 'Packets captured, of a flood into the pod',
  method:
    'A pod takes datagrams on a port and reads none. `tcpreplay` sends 500,000 of them at the node’s end of the pod’s interface, on one processor: of 1400 bytes at 300,000 a second, or as near to that as the sender comes beside what captures, and of 64 bytes without a limit; how fast it was stands beside, by its own clock. It begins 3 s after whatever captures listens: a flood in the first second, when the cluster still writes down that a capture began, is not measured. Sent is what the pod’s own interface counted: what is lost before is nobody’s loss. ' +
    'Ours: a PacketCapture with the defaults (all interfaces, everything, whole packets, a buffer of 32 MiB), `ring.fileSize` 100M and a spool that holds the flood; counted are the packets of the files in the bucket, by the manifests, after `Complete`; in the first round the files of the small packets are read back and counted by capinfos. ' +
    'Theirs: `tcpdump -i eth0 -w FILE` with its default buffer, and `netsniff-ng --in eth0 --out FILE --silent`, in the same network namespace, to the same disk, uploading nothing, ended by SIGINT 1.5 s after the flood; counted by capinfos. ' +
    'Sender, kernel, capture and bucket share the machine’s processors. Our uploads wait while tcpdump writes more than 20 MB/s and half of the spool is free: most of the upload comes after the flood. Not measured: a flood that lasts until a ring or a spool is full.',
  measure,
};
