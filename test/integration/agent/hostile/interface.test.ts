// Interfaces and filters that never passed the operator: what the agent itself gives to tcpdump, in a real netns.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deviceNames } from '../../../../src/agent/netns/addresses.js';
import { PermanentProblem, prepare } from '../../../../src/agent/preparation.js';
import { interfacesOf } from '../../../../src/agent/netns/interfaces.js';
import { LinkTypes } from '../../../../src/agent/tcpdump/link-type.js';
import { runChild, type RunChild } from '../../../../src/tcpdump/child.js';
import { FilterCompiler } from '../../../../src/tcpdump/filter-compiler.js';
import { jobConfig, TestNode } from '../harness/agent-process.js';
import { TestPod } from '../harness/namespace.js';

const OWNED = join(tmpdir(), `pcagent-owned-${process.pid}`);
/** Names that the kernel takes: whoever has NET_ADMIN in the pod may give them. */
const ODD = ['-w', '-z', '--', 'a;b', "a'b", 'a"b', '$(x)', '`x`', 'a|b', 'a\\b', '\u001b[2Jx', '{"report"}', '..x', '*'];
const PSEUDO = ['nflog', 'nfqueue', 'usbmon0', 'bluetooth0', 'dbus-system', 'rdma', '1', '07'];

let pod: TestPod;
let other: TestPod;
let netns: FileHandle;
const started: string[][] = [];
const run: RunChild = (argv, options) => {
  started.push(argv);
  return runChild(argv, options);
};
const compiler = new FilterCompiler(run, ['unshare', '--net']);
const ip = (...args: string[]): void => void execFileSync('ip', ['-n', pod.netns, ...args]);

beforeAll(async () => {
  pod = new TestPod();
  other = new TestPod('other-0');
  for (const name of [...ODD, ...PSEUDO, 'any', 'eth0.100']) {
    ip('link', 'add', 'name', 'made', 'type', 'bridge');
    ip('link', 'set', 'dev', 'made', 'name', name);
  }
  ip('link', 'set', 'dev', 'eth0.100', 'up');
  ip('link', 'property', 'add', 'dev', 'eth0', 'altname', 'another');
  execFileSync('ip', ['-n', other.netns, 'link', 'add', 'name', 'only0', 'type', 'bridge']);
  netns = await open(`/run/netns/${pod.netns}`);
});
afterAll(async () => {
  await netns.close();
  for (const one of [pod, other]) one.remove();
  rmSync(OWNED, { force: true });
});
beforeEach(() => void started.splice(0));

const prepared = (device: string, filter = ''): ReturnType<typeof prepare> => prepare({ run, compiler, linkTypes: new LinkTypes(run) }, netns, device, filter);
const refusal = (device: string, filter?: string): Promise<PermanentProblem> =>
  prepared(device, filter).then(
    () => Promise.reject(new Error('was not refused')),
    (error: unknown) => (error instanceof PermanentProblem ? error : Promise.reject(error as Error)),
  );
const tcpdumps = (): string[][] => started.filter((argv) => argv.includes('tcpdump'));

describe('hostile: interface', () => {
  const never = [
    `dbus://unixexec:path=/usr/bin/touch,argv1=${OWNED}`,
    `dbus:unixexec`,
    'dbus-session',
    'nflog:1',
    'nfqueue:0',
    'usbmon0',
    'bluetooth-monitor',
    'rpcap://192.0.2.1/eth0',
    'netmap:eth0',
    '1',
    '',
    'sixteen-letters0',
    'eth0 -w /tmp/x',
    'eth0\n-w',
    'eth0\u0000',
    '-weth0',
    './eth0',
    'eth0 ',
    'ETH0\u202e',
  ];
  test.each([...never, ...ODD, ...PSEUDO].map((name) => [JSON.stringify(name), name]))('%s → InvalidInterface, though the pod may have one of that name; tcpdump is not even started', async (_, name) => {
    expect((await refusal(name)).reason).toBe('InvalidInterface');
    expect([started, existsSync(OWNED)]).toEqual([[], false]);
  });

  test.each([
    ['a device that only another pod has', () => 'only0'],
    ['a device that only the node has', () => deviceNames(readFileSync('/proc/net/dev', 'utf8')).find((name) => /^[a-z][a-z0-9]{1,14}$/.test(name) && !['lo', 'eth0', 'any'].includes(name)) ?? 'cni0'],
    ['the alternative name of a device', () => 'another'],
    ['"all"', () => 'all'],
    ['"any0"', () => 'any0'],
    ['a part of a name', () => 'eth'],
  ])('%s → InterfaceNotFound: it stands not in the list of the pod, and tcpdump is not started', async (_, name) => {
    const { reason, message } = await refusal(name());
    expect([reason, tcpdumps()]).toEqual(['InterfaceNotFound', []]);
    expect(message).toContain(JSON.stringify(name()));
  });

  test.each([
    ['lo', 'EN10MB'],
    ['eth0.100', 'EN10MB'],
    ['any', 'LINUX_SLL2'],
  ])('%s in a pod full of odd names → opened as what it is, and the manifest has a list of all', async (device, linkType) => {
    expect(await prepared(device)).toBe(linkType);
    expect((await interfacesOf(run, netns, { warn: () => undefined })).map(({ name }) => name)).toEqual(expect.arrayContaining(['lo', 'eth0', 'eth0.100', ...ODD]));
    const asked = ['tcpdump', '-i', device, '-L'];
    expect(tcpdumps()).toEqual([device === 'any' ? asked : ['nsenter', '--net=/proc/self/fd/3', ...asked]]);
  });

  test('a whole agent told to open a program as its interface, in a pod whose own names hold control characters → failed with its reason; neither report nor log nor manifest has a control character, and no file is made', async () => {
    pod.run();
    const nodes = [`dbus://unixexec:path=/usr/bin/touch,argv1=${OWNED}`, 'eth7'].map((device) => new TestNode(jobConfig({ tcpdump: { interface: device } })));
    try {
      const agents = nodes.map((node) => node.start());
      for (const agent of agents) agent.control({ targets: [pod.target] });
      expect(await Promise.all(agents.map(({ exited }) => exited))).toEqual([0, 0]);
      expect(agents.map(({ report }) => report.targets[0]?.reason)).toEqual(['InvalidInterface', 'InterfaceNotFound']);
      for (const [n, agent] of agents.entries()) {
        const message = agent.report.targets[0]?.message ?? '';
        expect([message, JSON.stringify(nodes[n]?.manifest().targets)].filter((text) => /\p{Cc}|\\u001b/u.test(text))).toEqual([]);
        expect(message.length).toBeLessThanOrEqual(500);
        expect(agent.stdoutNoise).toBe('');
        expect(agent.stderr).not.toContain('\u001b');
      }
      expect(existsSync(OWNED)).toBe(false);
    } finally {
      for (const node of nodes) await node.remove();
    }
  }, 20_000);
});

describe('hostile: filter', () => {
  const before = new Set(readdirSync(tmpdir()));
  test.each([
    ['begins with the option -w', `-w${OWNED}`],
    ['begins with the option -z after blanks', `  -z${OWNED}`],
    ['has a second line', `tcp\n-w ${OWNED}`],
    ['holds a NUL', 'tcp\u0000-w'],
    ['holds an escape sequence', 'tcp \u001b[2J'],
    ['has 64 KiB', `tcp port 1${' or tcp port 1'.repeat(5000)}`.slice(0, 65_536)],
    ['takes minutes to compile', Array.from({ length: 2000 }, (_, n) => `ip6 host 2001:db8::${n.toString(16)}`).join(' or ')],
    ['asks a resolver', 'host attacker.example.com'],
    ['is a command', `$(touch ${OWNED})`],
  ])('a job config whose filter %s → InvalidFilter by the agent itself, and tcpdump never sees it', async (_, filter) => {
    expect((await refusal('eth0', filter)).reason).toBe('InvalidFilter');
    expect(tcpdumps().flat().filter((argument) => argument.includes(filter.slice(0, 9)))).toEqual([]);
    expect([existsSync(OWNED), readdirSync(tmpdir()).filter((name) => !before.has(name) && name.startsWith('pcagent-owned'))]).toEqual([false, []]);
  });

  test('a job config whose filter is a program of more than 4,096 instructions → InvalidFilter: compiled under limits, without a network, and never given to a kernel', async () => {
    const filter = Array.from({ length: 235 }, (_, n) => `ip6 host ::${n.toString(16)}`).join(' or ');
    const { reason, message } = await refusal('eth0', filter);
    expect([reason, message]).toEqual(['InvalidFilter', expect.stringMatching(/compiles to \d+ instructions/)]);
    const [compiling] = tcpdumps().filter((argv) => argv.includes(filter));
    expect(compiling?.slice(0, 6)).toEqual(['prlimit', '--cpu=10', `--as=${160 * 2 ** 20}`, '--core=0', 'unshare', '--net']);
    expect(compiling).not.toContain('-i');
  });
});
