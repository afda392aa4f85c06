// Figure 7: what a capture costs the application that is captured.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, Comparison, Figure } from '../framework/figure.js';
import { fieldOf, inTurn } from '../framework/rounds.js';
import { makePair, SECONDS, SERVER, type Load, type Pair } from './application/pair.js';
import { whileCapturing } from '../support/own-capture.js';
import { start, tcpdump } from './flood/tools.js';

const NAMESPACE = 'packetcapture-bench-application';

async function capturedByTcpdump(pair: Pair): Promise<Load> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-application-'));
  try {
    const capturing = await start([...pair.server.enter, ...tcpdump.argv(join(folder, 'application.pcap'))], tcpdump.listens);
    return await pair.load().finally(capturing.stop);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measure(bench: Bench): Promise<Comparison[]> {
  const pair = await makePair(NAMESPACE);
  try {
    // What only the first seconds have: the server's compiler at work.
    await pair.load();
    const samples = await inTurn(bench, {
      none: () => pair.load(),
      ours: (round) => whileCapturing(pair, `application-${round}`, { target: { podName: SERVER } }, () => pair.load()),
      tcpdump: () => capturedByTcpdump(pair),
    });
    const rate = fieldOf(samples, 'perSecond');
    const p99 = fieldOf(samples, 'p99Ms');
    const [ours, not, plain] = ['while captured by us', 'not captured', 'while captured by `tcpdump -i eth0 -w FILE`'] as const;
    const more = { unit: 'requests/s', as: 'ratio', better: 'more', margin: 0.15 } as const;
    const less = { unit: 'ms', as: 'ratio', better: 'less', margin: 0.5 } as const;
    return [
      { id: 'application.throughput', ours: `HTTP throughput ${ours}`, theirs: not, samples: { ours: rate.ours, theirs: rate.none }, limits: {}, ...more },
      { id: 'application.throughput-tcpdump', ours: `HTTP throughput ${ours}`, theirs: plain, samples: { ours: rate.ours, theirs: rate.tcpdump }, limits: { goal: 1 }, ...more },
      { id: 'application.latency', ours: `p99 latency ${ours}`, theirs: not, samples: { ours: p99.ours, theirs: p99.none }, limits: {}, ...less },
      { id: 'application.latency-tcpdump', ours: `p99 latency ${ours}`, theirs: plain, samples: { ours: p99.ours, theirs: p99.tcpdump }, limits: { goal: 1 }, ...less },
    ];
  } finally {
    await pair.remove();
  }
}

export const application: Figure = {
  number: 7,
  name: 'application',
  title: 'What a capture costs the application',
  method:
    `wrk with one thread and 16 connections asks a Node server in another pod of the same node, which requests 500m CPU, for 4 KiB, as fast as it is answered, for ${SECONDS} s: not captured, while a PacketCapture with the defaults (all interfaces, everything, whole packets) captures the server’s pod and uploads, and while a bare \`tcpdump -i eth0 -w FILE\` does in the same network namespace, and uploads nothing. ` +
    'Server, wrk, tcpdump, the agent and the bucket share the machine’s cores, so that each takes from the others: on a node with a free core a capture costs less. Our uploads wait while tcpdump writes more than 20 MB/s and half of the spool is free (ADR 31): what uploading costs comes after these seconds. Not measured: an application that is not at its limit, and one that is captured for longer than half of its spool lasts.',
  measure,
};
