// Two pods on two nodes, as network namespaces: veth pairs, routes, an overlay between the nodes, and tcpdump in any of them.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../eventually.js';

const PREFIX = 'pcpath-';
const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });

export const MTU = 1450;
export const CLIENT = '10.98.1.2';
export const SERVER = '10.98.2.2';
export const SERVICE = '10.96.0.10';
export const NODE_A = '192.0.2.1';
export const NODE_B = '192.0.2.2';

/** One tcpdump's file, read while it grows. */
export class Watched {
  constructor(
    private readonly file: string,
    private readonly child: ChildProcess,
    private readonly stderr: () => string,
  ) {}

  /** What tcpdump prints of the packets that a filter lets through: one line each, unless flags ask for more. */
  lines(filter: string, ...flags: string[]): string[] {
    // In an empty namespace: else it names the interfaces after this machine's.
    const { stdout } = spawnSync('unshare', ['--net', 'tcpdump', '-n', ...flags, '-r', this.file, filter], { encoding: 'utf8', maxBuffer: 64 * 2 ** 20 });
    return stdout.split('\n').filter((line) => line !== '');
  }

  /** Once a packet has come that was sent after all that is of interest; or several. */
  async until(filter: string, atLeast = 1): Promise<void> {
    await eventually(`${atLeast} packets of "${filter}"`, () => this.lines(filter).length >= atLeast, { timeoutMs: 30_000, everyMs: 50 });
  }

  /** Its closing lines. */
  async end(): Promise<string> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGINT');
    await ended;
    return this.stderr();
  }
}

/** A network namespace. */
export class Place {
  readonly netns: string;
  private readonly children: ChildProcess[] = [];

  constructor(
    readonly name: string,
    private readonly folder: string,
  ) {
    this.netns = `${PREFIX}${process.pid}-${name}`;
    ip('netns', 'add', this.netns);
    this.ip('link', 'set', 'lo', 'up');
  }

  ip(...args: string[]): void {
    ip('-n', this.netns, ...args);
  }

  private inside = (argv: string[]): [string, string[]] => ['nsenter', [`--net=/run/netns/${this.netns}`, ...argv]];

  run(...argv: string[]): string {
    return execFileSync(...this.inside(argv), { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' }, timeout: 30_000 });
  }

  iptables(...args: string[]): void {
    this.run('iptables', '-w', ...args);
  }

  /** Runs a script of Node, and resolves once it says that it listens. */
  async serve(script: string, ...before: string[]): Promise<void> {
    const child = spawn(...this.inside([...before, process.execPath, '-e', script]), { env: { ...process.env, NODE_OPTIONS: '' }, stdio: ['ignore', 'pipe', 'inherit'] });
    this.children.push(child);
    await new Promise((resolve, reject) => child.stdout.once('data', resolve).once('close', () => reject(new Error(`it ended: ${script}`))));
  }

  /** Resolves once tcpdump listens. */
  async watch(device = 'any'): Promise<Watched> {
    const file = join(this.folder, `${this.name}-${device}-${this.children.length}.pcap`);
    const child = spawn(...this.inside(['tcpdump', '-n', '-U', '--immediate-mode', '-Z', 'root', '-i', device, '-w', file]), { stdio: ['ignore', 'ignore', 'pipe'] });
    this.children.push(child);
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => void (said += text));
    await eventually(`tcpdump listens in ${this.name}`, () => said.includes('listening on') && existsSync(file), { timeoutMs: 30_000, everyMs: 20 });
    return new Watched(file, child, () => said);
  }

  remove(): void {
    for (const child of this.children) child.kill('SIGKILL');
    ip('netns', 'delete', this.netns);
  }
}

export interface Network {
  client: Place;
  nodeA: Place;
  nodeB: Place;
  server: Place;
  remove: () => void;
}

function removeLeftovers(): void {
  for (const line of ip('netns', 'list').split('\n')) {
    const [name = '', pid] = new RegExp(`^${PREFIX}(\\d+)-\\w+`).exec(line) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) ip('netns', 'delete', name);
  }
}

function cable(a: Place, aName: string, aAddress: string, b: Place, bName: string, bAddress: string, mtu: number): void {
  a.ip('link', 'add', aName, 'type', 'veth', 'peer', 'name', bName, 'netns', b.netns);
  for (const [place, name, address] of [[a, aName, aAddress], [b, bName, bAddress]] as const) {
    place.ip('address', 'add', `${address}/24`, 'dev', name);
    place.ip('link', 'set', name, 'mtu', String(mtu), 'up');
  }
}

/** The pods `client` on node A and `server` on node B; between the nodes VXLAN, as many network plugins make it. */
export function network(): Network {
  removeLeftovers();
  const folder = mkdtempSync(join(tmpdir(), 'packet-path-'));
  const [client, nodeA, nodeB, server] = ['client', 'a', 'b', 'server'].map((name) => new Place(name, folder)) as [Place, Place, Place, Place];
  cable(nodeA, 'client0', '10.98.1.1', client, 'eth0', CLIENT, MTU);
  cable(nodeB, 'server0', '10.98.2.1', server, 'eth0', SERVER, MTU);
  cable(nodeA, 'wire', NODE_A, nodeB, 'wire', NODE_B, 1500);
  client.ip('route', 'add', 'default', 'via', '10.98.1.1');
  server.ip('route', 'add', 'default', 'via', '10.98.2.1');
  for (const [node, own, other, others] of [[nodeA, '10.98.254.1', NODE_B, '10.98.2.0/24'], [nodeB, '10.98.254.2', NODE_A, '10.98.1.0/24']] as const) {
    node.ip('link', 'add', 'overlay', 'type', 'vxlan', 'id', '1', 'remote', other, 'dstport', '4789', 'dev', 'wire');
    node.ip('address', 'add', `${own}/24`, 'dev', 'overlay');
    node.ip('link', 'set', 'overlay', 'mtu', String(MTU), 'up');
    node.ip('route', 'add', others, 'via', own.endsWith('1') ? '10.98.254.2' : '10.98.254.1');
    node.run('sysctl', '-qw', 'net.ipv4.ip_forward=1');
  }
  const places = [client, nodeA, nodeB, server];
  return {
    client,
    nodeA,
    nodeB,
    server,
    remove: () => {
      for (const place of places) place.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
