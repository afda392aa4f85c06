// Hosts of a test: network namespaces of their own, links between them, and programs that run in them. What a crashed earlier run left is removed first.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PREFIX = 'pcrecipe-';
const ROLES = fileURLToPath(new URL('../roles/', import.meta.url));

/** A role's program. */
export const roleFile = (role: string): string => ROLES + role;
const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });

function removeLeftovers(): void {
  for (const line of ip('netns', 'list').split('\n')) {
    const name = line.split(' ')[0] ?? '';
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name);
    if (owner && !existsSync(`/proc/${owner[1]}`)) ip('netns', 'delete', name);
  }
}

let made = 0;

export class Network {
  private readonly hosts: Host[] = [];
  private links = 0;

  constructor() {
    removeLeftovers();
  }

  host(): Host {
    const host = new Host(`${PREFIX}${process.pid}-${(made += 1)}`);
    this.hosts.push(host);
    return host;
  }

  /** Two hosts on a link: 10.77.N.1 and fd77:N::1 for the first, .2 and ::2 for the second. */
  link(first: Host, second: Host): Link {
    const n = (this.links += 1);
    const device = `eth${n}`;
    ip('-n', first.netns, 'link', 'add', device, 'type', 'veth', 'peer', 'name', device, 'netns', second.netns);
    const ends = [first, second].map((host, at): Address => {
      const [v4, v6] = [`10.77.${n}.${at + 1}`, `fd77:${n}::${at + 1}`];
      ip('-n', host.netns, 'address', 'add', `${v4}/24`, 'dev', device);
      ip('-n', host.netns, 'address', 'add', `${v6}/64`, 'dev', device);
      ip('-n', host.netns, 'link', 'set', device, 'up');
      host.addresses.push({ v4, v6 });
      return { v4, v6 };
    });
    return { device, first: ends[0] as Address, second: ends[1] as Address };
  }

  remove(): void {
    for (const host of this.hosts) host.remove();
  }
}

export interface Address {
  v4: string;
  v6: string;
}

export interface Link {
  device: string;
  first: Address;
  second: Address;
}

/** A role's process. */
export interface Role {
  child: ChildProcess;
  /** What it printed, when it ended well. Rejects where it did not. */
  ended: Promise<string>;
}

export class Host {
  /** One for each of its links. */
  readonly addresses: Address[] = [];
  private readonly processes: ChildProcess[] = [];

  /** `made`: the namespace is there already, and not ours to remove. */
  constructor(readonly netns: string, private readonly made = false) {
    if (made) return;
    ip('netns', 'add', netns);
    // Without a second of finding out that nobody else has an address.
    this.run('sysctl', '-qw', 'net.ipv6.conf.default.accept_dad=0', 'net.ipv6.conf.all.accept_dad=0');
    ip('-n', netns, 'link', 'set', 'lo', 'up');
  }

  /** Its way to everywhere else. */
  routeBy({ v4, v6 }: Address): void {
    this.run('ip', 'route', 'add', 'default', 'via', v4);
    this.run('ip', '-6', 'route', 'add', 'default', 'via', v6);
  }

  /** It passes on what is not for itself. */
  forward(): void {
    this.run('sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
  }

  /** A command of the network's, such as iptables. Throws where it fails. */
  run(...command: string[]): string {
    return execFileSync('ip', ['netns', 'exec', this.netns, ...command], { encoding: 'utf8' });
  }

  /** Begins a program of roles/, or another one by its path. */
  begin(role: string, ...args: (string | number)[]): Role {
    const argv = role.endsWith('.mjs') ? [process.execPath, roleFile(role)] : [role];
    const child = spawn('nsenter', [`--net=/run/netns/${this.netns}`, ...argv, ...args.map(String)], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.processes.push(child);
    let [out, errors] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const ended = new Promise<string>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => (code === 0 ? resolve(out) : reject(new Error(`${role} ${args.join(' ')}: exit ${code}: ${errors || out}`))));
    });
    ended.catch(() => undefined);
    return { child, ended };
  }

  /** A role that serves: resolves once it has printed a line, which it does when it listens. */
  async serve(role: string, ...args: (string | number)[]): Promise<Role> {
    const server = this.begin(role, ...args);
    await Promise.race([new Promise((resolve) => server.child.stdout?.once('data', resolve)), server.ended.then((out) => Promise.reject(new Error(`${role} ended: ${out}`)))]);
    return server;
  }

  /** A role that does its work and ends: what it printed, as JSON. */
  async does<T>(role: string, ...args: (string | number)[]): Promise<T> {
    return JSON.parse(await this.begin(role, ...args).ended) as T;
  }

  remove(): void {
    for (const child of this.processes) child.kill('SIGKILL');
    if (!this.made) ip('netns', 'delete', this.netns);
  }
}
