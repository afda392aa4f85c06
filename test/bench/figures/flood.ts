// Figure 1: what of a flood is captured, against a plain tcpdump, and against netsniff-ng.
import type { Bench, Comparison, Figure } from '../framework/figure.js';
import { inTurn } from '../framework/rounds.js';
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
    const against = { unit: '%', as: 'ratio', better: 'more' } as const;
    const large = 'captured and in the bucket, of 300,000 packets/s × 1400 B';
    const small = 'captured and in the bucket, of 64-byte packets as fast as the sender can';
    return [
      { id: 'flood.large', ours: large, theirs: '`tcpdump -i eth0 -w FILE`', samples: { ours: samples.large, theirs: samples.largeTcpdump }, limits: { must: 0.98, goal: 1 }, margin: 0.05, ...against },
      { id: 'flood.large-netsniff', ours: large, theirs: '`netsniff-ng --in eth0 --out FILE`', samples: { ours: samples.large, theirs: samples.largeNetsniff }, limits: { goal: 1 }, margin: 0.05, ...against },
      { id: 'flood.small', ours: small, theirs: '`tcpdump -i eth0 -w FILE`', samples: { ours: samples.small, theirs: samples.smallTcpdump }, limits: { must: 0.98, goal: 1 }, margin: 0.05, ...against },
      { id: 'flood.small-netsniff', ours: small, theirs: '`netsniff-ng --in eth0 --out FILE`', samples: { ours: samples.small, theirs: samples.smallNetsniff }, limits: { goal: 1 }, margin: 0.05, ...against },
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
    'A pod takes datagrams on a port and reads none. `trafgen` sends 500,000 of them at the node’s end of the pod’s interface, on one processor: of 1400 bytes at 300,000 a second, or as near to that as the sender comes beside what captures, and of 64 bytes without a limit. Sent is what the pod’s own interface counted: what is lost before is nobody’s loss. ' +
    'Ours: a PacketCapture with the defaults (all interfaces, everything, whole packets, a buffer of 32 MiB), `ring.fileSize` 100M and a spool that holds the flood; counted are the packets of the files in the bucket, by the manifests, after `Complete`; in the first round the files of the small packets are read back and counted by capinfos. ' +
    'Theirs: `tcpdump -i eth0 -w FILE` with its default buffer, and `netsniff-ng --in eth0 --out FILE --silent`, in the same network namespace, to the same disk, uploading nothing, ended by SIGINT 1.5 s after the flood; counted by capinfos. ' +
    'Sender, kernel, capture and bucket share the machine’s processors. Our uploads wait while tcpdump writes more than 20 MB/s and half of the spool is free: most of the upload comes after the flood. Not measured: a flood that lasts until a ring or a spool is full.',
  measure,
};
