// One agent with many targets, of which all but one are hostile worlds: what they do is captured as it is, and the quiet one beside them does not notice.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tcpdumpArgv } from '../../../../src/agent/tcpdump/argv.js';
import type { ReportedTarget } from '../../../../src/protocol/report.js';
import { jobConfig, RUN_PREFIX, tcpdumpsOf, TestNode, type AgentProcess } from '../harness/agent-process.js';
import { TestPod } from '../harness/namespace.js';
import { expectBalanced, type Sent } from '../harness/oracle.js';
import { PORT, send, startSending } from '../harness/traffic.js';

const SECRET = 'S3CRET-KEY-OF-THE-BUCKET';
const RING = { fileSizeBytes: 1e6, rotateIntervalSeconds: 1 };
let node: TestNode;
let agent: AgentProcess;
/** The harmless one. */
let quiet: TestPod;
let packets: TestPod;
let crowded: TestPod;
let flapping: TestPod;
const pods: TestPod[] = [];
/** What was sent to it. */
let sent: Sent[];
/** The tcpdumps of the pods that are no flapping ones, before anything happened and after all of it. */
const pids: { before: number[][]; after: number[][] } = { before: [], after: [] };
let seen: ReturnType<typeof processesSeen>;
let exitCode: number | null;
let bombStatus: number | null;

const newPod = (name: string): TestPod => {
  const pod = new TestPod(name);
  pods.push(pod);
  return pod;
};

function ipBatch(pod: TestPod, lines: string[]): void {
  const { status, stderr } = spawnSync('ip', ['-n', pod.netns, '-batch', '-'], { input: `${lines.join('\n')}\n`, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr.slice(0, 500));
}

/** The whole scene; the cases look at what came of it. */
beforeAll(async () => {
  [quiet, packets, crowded, flapping] = ['quiet-0', 'packets-0', 'crowded-0', 'flapping-0'].map(newPod) as [TestPod, TestPod, TestPod, TestPod];
  for (const pod of [quiet, packets, crowded]) pod.run();
  let sandbox = flapping.run();
  ipBatch(crowded, [
    ...Array.from({ length: 100 }, (_, n) => `link add name v${n} type veth peer name "x'${n};$(id)"`),
    ...Array.from({ length: 2000 }, (_, n) => `address add 10.${100 + (n >> 8)}.${n & 255}.1/32 dev lo`),
  ]);
  node = new TestNode(jobConfig({ tcpdump: { interface: 'eth0', filter: '' }, ring: RING }));
  agent = node.start();
  for (const name of ['accessKeyId', 'secretAccessKey', 'sessionToken']) writeFileSync(join(node.folder, 'pod-agent-1', name), SECRET);
  const control = (over: object = {}): void => agent.control({ targets: pods.map(({ target }) => target), follows: true, ...over });
  control();
  await until('all are captured', () => pods.every((pod) => tcpdumpsOf(pod).length === 1 && saidOf(pod)?.state === 'Capturing'));
  pids.before = [quiet, packets, crowded].map(tcpdumpsOf);
  // Looks into a namespace come and go.
  await until('its tcpdumps alone', () => childrenOf(agent.child.pid as number).length === pods.length);
  seen = processesSeen();
  const traffic = startSending(quiet, { perSecond: 200 });

  inject(packets, FRAMES.flatMap(([, frames]) => frames));
  await Promise.all([send(packets, { count: 20, perSecond: 1000, bytes: 60_000 }), send(crowded, { count: 100, perSecond: 1000 })]);
  const bomb = 'kill -STOP -1; kill -KILL -1; n=0; while [ $n -lt 500 ]; do /bin/true & n=$((n+1)); done; wait';
  bombStatus = spawnSync('nsenter', [`--net=/run/netns/${packets.netns}`, 'unshare', '--pid', '--fork', '--mount-proc', 'sh', '-c', bomb], { timeout: 20_000 }).status;
  for (const endMs = Date.now() + 3000; Date.now() < endMs; ) {
    flapping.endSandbox(sandbox);
    sandbox = flapping.runNewSandbox();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await until('the flapping one is captured again', () => tcpdumpsOf(flapping).length === 1 && saidOf(flapping)?.state === 'Capturing', 40_000);
  const before = capturedOf(flapping);
  await send(flapping, { count: 50, perSecond: 1000 });
  await until('its packets', () => capturedOf(flapping) >= before + 50);
  sent = await traffic.stop();
  await until('all of it', () => capturedOf(quiet) >= sent.length);
  pids.after = [quiet, packets, crowded].map(tcpdumpsOf);
  control({ stop: { reason: 'Requested' } });
  exitCode = await agent.exited;
}, 120_000);
afterAll(async () => {
  await node.remove();
  for (const pod of pods) pod.remove();
});

async function until(what: string, holds: () => boolean, timeoutMs = 30_000): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while (!holds()) {
    if (Date.now() > endMs || agent.child.exitCode !== null) throw new Error(`${what}: not seen; ${agent.stderr.slice(-2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
const saidOf = (pod: TestPod): ReportedTarget | undefined => agent.reports.findLast((r) => r.targets.some(({ name }) => name === pod.target.name))?.targets.find(({ name }) => name === pod.target.name);
const capturedOf = (pod: TestPod): number => saidOf(pod)?.ledger.packets.captured ?? 0;

/** Every record of a target's files in the bucket, as tcpdump wrote it. */
function recordsOf(pod: TestPod): Buffer[] {
  const folder = join(node.bucket, RUN_PREFIX, pod.target.name);
  return readdirSync(folder).sort().flatMap((name) => {
    const file = readFileSync(join(folder, name));
    const found: Buffer[] = [];
    for (let at = 24; at < file.length; at += 16 + file.readUInt32LE(at + 8)) found.push(file.subarray(at + 16, at + 16 + file.readUInt32LE(at + 8)));
    return found;
  });
}

/** Puts frames on the wire, from the peer to the pod. */
function inject(pod: TestPod, frames: Buffer[]): void {
  const index = readFileSyncIn(pod, '/sys/class/net/eth0/ifindex');
  const script = `socket(my $s, 17, 3, 0) or die $!; my $to = pack('SnlSCCC8', 17, 0, ${index}, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0); while (<STDIN>) { chomp; send($s, pack('H*', $_), 0, $to) or die "$!"; }`;
  const input = `${frames.map((frame) => frame.toString('hex')).join('\n')}\n`;
  const { status, stderr } = spawnSync('nsenter', [`--net=/run/netns/${pod.peerNetns}`, 'perl', '-e', script], { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}
const readFileSyncIn = (pod: TestPod, path: string): number =>
  Number(execFileSync('nsenter', [`--net=/run/netns/${pod.peerNetns}`, 'unshare', '-m', 'sh', '-c', `mount -t sysfs none /sys; cat ${path}`], { encoding: 'utf8' }));

const mac = Buffer.from('ffffffffffff020000000001', 'hex');
const ether = (type: number, body: Buffer): Buffer => Buffer.concat([mac, Buffer.from([type >> 8, type & 255]), body]);
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const ip4 = (protocol: number, body: Buffer, { length = 20 + body.length, offset = 0, headerLength = 5 } = {}): Buffer => {
  const header = hex(`4${headerLength.toString(16)}00 0000 1234 0000 40${protocol.toString(16).padStart(2, '0')} 0000 0a630001 0a630002`);
  header.writeUInt16BE(length & 0xffff, 2);
  header.writeUInt16BE(offset, 6);
  return Buffer.concat([header, body]);
};
const pcapHeader = hex('d4c3b2a1 02000400 00000000 00000000 00000400 01000000');
const recordHeader = hex('00000069 00000000 08000000 08000000');
/** A payload that looks like a savefile and its records, whatever byte a reader begins at. */
const imitation = Buffer.concat([pcapHeader, ...Array.from({ length: 40 }, (_, n) => Buffer.concat([recordHeader, Buffer.from(`FORGED${String(n).padStart(2, '0')}`)]))]);

const FRAMES: [string, Buffer[]][] = [
  ['an IP header that is cut off', Array.from({ length: 20 }, (_, n) => ether(0x0800, ip4(6, Buffer.alloc(0)).subarray(0, n)))],
  ['a TCP header that is cut off, or whose offset lies outside', Array.from({ length: 20 }, (_, n) => ether(0x0800, ip4(6, hex('1f901f90 00000000 00000000 f0020000 00000000').subarray(0, n))))],
  ['lengths that say more, less or nothing', [0, 1, 19, 21, 1500, 65_535].map((length) => ether(0x0800, ip4(17, Buffer.alloc(30), { length })))],
  ['header lengths of 0 to 15', Array.from({ length: 16 }, (_, headerLength) => ether(0x0800, ip4(17, Buffer.alloc(40), { headerLength })))],
  ['nothing behind its link header', [ether(0x0800, Buffer.alloc(0)), ether(0x86dd, Buffer.alloc(0)), ether(0xffff, Buffer.alloc(0)), ether(0, Buffer.alloc(0))]],
  ['VLAN tags, one on another, 300 of them', [ether(0x8100, Buffer.concat([...Array.from({ length: 299 }, () => hex('0064 8100')), hex('0064 0800'), ip4(17, Buffer.alloc(8))])), ether(0x88a8, hex('0064 8100 0fff 9100 0000 88a8 ffff 0800'))]],
  ['ARP of impossible lengths', [hex('0001 0800 ff ff 0001'), hex('0001 0800 00 00 0002'), hex('ffff ffff 06 04 ffff'), hex('00')].map((body) => ether(0x0806, body))],
  ['chains of IPv6 extension headers that end nowhere', [0, 43, 44, 60, 51, 59, 135].map((next) => ether(0x86dd, Buffer.concat([hex(`60000000 ffff ${next.toString(16).padStart(2, '0')} 40`), Buffer.alloc(32, 0xfe), ...Array.from({ length: 150 }, () => hex(`${next.toString(16).padStart(2, '0')}00000000000000`))])))],
  ['fragments that overlap, begin late or never end', [0x2000, 0x2001, 0x1fff, 0x3fff, 0x0001].map((offset) => ether(0x0800, ip4(17, Buffer.alloc(24, 0x41), { offset })))],
  ['payload that imitates a pcap and its records', Array.from({ length: 8 }, (_, n) => ether(0x88b5, Buffer.concat([Buffer.alloc(n), imitation])))],
  ['payload that imitates the words and counters of tcpdump', ['4294967295 packets captured\n', 'tcpdump: listening on eth0\n', '0 packets received by filter\n0 packets dropped by kernel\n', '{"report":"packetcapture.dev/report","version":1}\n', '\u001b[2J\u001b]0;x\u0007'].map((text) => ether(0x88b5, Buffer.from(text.repeat(4))))],
  ['2,000 frames of the least length in one burst', Array.from({ length: 2000 }, (_, n) => ether(0x88b5, hex(n.toString(16).padStart(8, '0'))))],
];

/** The numbers of the datagrams of a target's files; an ICMP error that quotes one is another packet. */
const numbersOf = (pod: TestPod): number[] =>
  recordsOf(pod)
    .filter((record) => record.readUInt16BE(12) === 0x0800 && record[23] === 17 && record.readUInt16BE(36) === PORT)
    .map((record) => Number(record.toString('latin1', record.indexOf('PKT') + 3, record.indexOf('PKT') + 12)));

const countOf = (frames: Buffer[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const frame of frames) counts.set(frame.toString('hex'), (counts.get(frame.toString('hex')) ?? 0) + 1);
  return counts;
};

const childrenOf = (pid: number): number[] => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
const linksOf = (pid: number | 'self'): string[] =>
  readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return `${fd} ${readlinkSync(`/proc/${pid}/fd/${fd}`)}`;
    } catch {
      return [];
    }
  });

/** What whoever may look at them sees of the agent and its children. */
function processesSeen(): { environ: string; cmdline: string; open: string[]; isTcpdump: boolean; isAgent: boolean }[] {
  const own = new Set(pods.flatMap(tcpdumpsOf));
  const pid = agent.child.pid as number;
  return [pid, ...childrenOf(pid)].map((one) => ({
    environ: readFileSync(`/proc/${one}/environ`, 'latin1'),
    cmdline: readFileSync(`/proc/${one}/cmdline`, 'latin1'),
    open: linksOf(one),
    isTcpdump: own.has(one),
    isAgent: one === pid,
  }));
}

describe('hostile: packet', () => {
  test.each(FRAMES)('%s → in the bucket byte for byte, as often as it was sent, and captured by the same tcpdump from first to last', (_, frames) => {
    const [found, sentOnes] = [countOf(recordsOf(packets)), countOf(FRAMES.flatMap(([, all]) => all))];
    expect([...countOf(frames).keys()].filter((frame) => found.get(frame) !== sentOnes.get(frame))).toEqual([]);
    expect(pids.after[1]).toEqual(pids.before[1]);
  });

  test('datagrams of 60,000 bytes, in fragments of which all but the first have no ports → every fragment is in the bucket', () => {
    const fragments = recordsOf(packets).filter((record) => record.readUInt16BE(12) === 0x0800 && record[23] === 17 && (record.readUInt16BE(20) & 0x3fff) !== 0 && record.includes('xxxxxxxx'));
    expect(fragments.length).toBe(20 * Math.ceil(60_008 / 1480));
  });

  test('all of these together → the numbers of the target agree with its files, and nothing of it was dropped, discarded or left', () => {
    expect(saidOf(packets)?.ledger.packets).toMatchObject({ captured: recordsOf(packets).length, uploaded: recordsOf(packets).length, pending: 0, discarded: 0, droppedByKernel: 0 });
  });
});

describe('hostile: environment', () => {
  test('whoever reads the environment of a tcpdump → finds three words, no name of ours and no key', () => {
    for (const { environ } of seen.filter(({ isTcpdump }) => isTcpdump)) expect(environ.split('\0').filter(Boolean).map((entry) => entry.split('=')[0]).sort()).toEqual(['LC_ALL', 'PATH', 'TZ']);
  });

  test('whoever reads command lines, environments, logs and reports of agent and tcpdump → finds no key', () => {
    expect(seen.filter(({ environ, cmdline }) => `${environ}${cmdline}`.includes(SECRET))).toEqual([]);
    expect(agent.stderr + agent.stdoutNoise + JSON.stringify(agent.reports)).not.toContain(SECRET);
  });

  test('anything that could run in place of tcpdump, or print packets → every child of the agent is a tcpdump with the arguments of argv.ts and -w, one for each target', () => {
    const expected = tcpdumpArgv({ interface: 'eth0', linkType: 'EN10MB', filter: '', snapLength: 262_144, bufferSizeBytes: 2 * 2 ** 20, fileSizeMB: 1, rotateIntervalSeconds: 1 }).slice(5);
    const children = seen.filter(({ isAgent }) => !isAgent);
    expect(children.map(({ isTcpdump }) => isTcpdump)).toEqual(pods.map(() => true));
    for (const { cmdline } of children) {
      // Each has its own share of the buffers.
      const words = cmdline.split('\0').slice(0, -1).map((word, at, all) => (all[at - 1] === '-B' ? '2048' : word));
      expect(words).toEqual(expected);
      expect(words).toContain('-w');
    }
  });

  test('what a tcpdump has open → nothing, its words, its netns, the lock, its savefile and its packet socket: no credentials, no pipe and no socket of the agent', () => {
    // What the runner of the tests leaves open goes to all processes.
    const inherited = new Set(linksOf('self'));
    for (const { open } of seen.filter(({ isTcpdump }) => isTcpdump)) {
      const kinds = open.filter((entry) => !inherited.has(entry) || /^[0-4] /.test(entry)).map((entry) =>
        entry
          .replace(node.spool, 'SPOOL')
          .replace(/\/captures\/[^/]+\/\d\d-\d{4}\//, '/START/')
          .replace(/\d{8}T\d{6}Z\.\d*$/, 'SAVEFILE')
          .replace(/\[\d+\]$/, '')
          .replace(/^([5-9]|\d\d+) /, 'own '),
      );
      expect([...new Set(kinds)].sort()).toEqual(['0 /dev/null', '1 /dev/null', '2 SPOOL/START/stderr', '3 net:', '4 SPOOL/lock', 'own SPOOL/START/SAVEFILE', 'own anon_inode:[eventfd]', 'own socket:']);
      expect(kinds.filter((kind) => kind === 'own socket:')).toHaveLength(1);
    }
  });
});

describe('hostile: world', () => {
  test('a pod with 200 devices of odd names and 2,000 addresses → captured as any other', () => {
    expect(numbersOf(crowded)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect(pids.after[2]).toEqual(pids.before[2]);
  });

  test('a pod that forks 500 processes and stops and kills all that it may → nothing of ours ends or waits', () => {
    expect([bombStatus, pids.after]).toEqual([0, pids.before]);
  });

  test('a pod whose netns goes and comes back every 100 ms for 3 s → waited for, with a gap; once it stays, it is captured', () => {
    expect(numbersOf(flapping).slice(-50)).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect(node.manifest().gaps.filter(({ target }) => target === flapping.target.name).length).toBeGreaterThan(0);
  });

  test('all of that beside a pod that does nothing odd → the same tcpdump from first to last, every packet once, no gap; the run is done, and all numbers agree', () => {
    expect([exitCode, pids.after[0]]).toEqual([0, pids.before[0]]);
    expect(numbersOf(quiet)).toEqual(sent.map(({ number }) => number));
    expect(node.manifest().gaps.filter(({ target }) => target !== flapping.target.name)).toEqual([]);
    expectBalanced(agent.report);
    expect(node.spoolFiles).toEqual([]);
    expect(agent.stdoutNoise).toBe('');
  });
});
