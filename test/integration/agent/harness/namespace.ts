// A pod of its own for a test: network namespace, peer, process, cgroup. What a crashed earlier run left is removed first.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';

const PREFIX = 'pcagent-';
/** A cgroup v1 hierarchy that nobody here depends on, or the one of v2. */
const CGROUPS = [existsSync('/sys/fs/cgroup/pids') ? '/sys/fs/cgroup/pids' : '/sys/fs/cgroup', 'pcagent'].join('/');

const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });
const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

/** Ends the processes of a cgroup and removes it with those below. */
function removeCgroup(path: string): void {
  if (!existsSync(path)) return;
  for (const entry of readdirSync(path, { withFileTypes: true })) if (entry.isDirectory()) removeCgroup(join(path, entry.name));
  for (let tries = 0; tries < 100; tries += 1) {
    const pids = readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean);
    for (const pid of pids) process.kill(Number(pid), 'SIGKILL');
    try {
      return rmdirSync(path);
    } catch {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

/** Namespaces and cgroups carry the id of the process that made them. */
function removeLeftovers(): void {
  for (const line of ip('netns', 'list').split('\n')) {
    const name = line.split(' ')[0] ?? '';
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name);
    if (owner && !isAlive(Number(owner[1]))) ip('netns', 'delete', name);
  }
  for (const owner of existsSync(CGROUPS) ? readdirSync(CGROUPS).filter((name) => /^\d+$/.test(name)) : []) if (!isAlive(Number(owner))) removeCgroup(join(CGROUPS, owner));
}

function addNetns(name: string): void {
  ip('netns', 'add', name);
  ip('-n', name, 'link', 'set', 'lo', 'up');
}

let made = 0;

export class TestPod {
  readonly uid: string = randomUUID();
  podIP = '10.99.0.2';
  readonly peerIP = '10.99.0.1';
  readonly name: string;
  private sandboxes = 1;
  private readonly processes: ChildProcess[] = [];

  constructor(readonly podName = 'web-0') {
    removeLeftovers();
    made += 1;
    this.name = `${PREFIX}${process.pid}-${made}`;
    for (const netns of [this.netns, this.peerNetns]) addNetns(netns);
    this.connect();
  }

  private connect(): void {
    ip('-n', this.netns, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.peerNetns);
    for (const [netns, address] of [[this.netns, this.podIP], [this.peerNetns, this.peerIP]] as const) {
      ip('-n', netns, 'address', 'add', `${address}/24`, 'dev', 'eth0');
      ip('-n', netns, 'link', 'set', 'eth0', 'up');
    }
  }

  get netns(): string {
    return this.sandboxes === 1 ? this.name : `${this.name}s${this.sandboxes}`;
  }

  /** Ends the sandbox, its interface and its netns, as a runtime does, but no other process of the pod. */
  endSandbox(sandbox: ChildProcess): void {
    sandbox.kill('SIGKILL');
    ip('-n', this.netns, 'link', 'delete', 'eth0');
    ip('netns', 'delete', this.netns);
  }

  /** A new sandbox in a netns of its own, after endSandbox. */
  runNewSandbox(podIP = this.podIP): ChildProcess {
    this.podIP = podIP;
    this.sandboxes += 1;
    addNetns(this.netns);
    this.connect();
    return this.run();
  }

  get peerNetns(): string {
    return `${this.name}p`;
  }

  private get cgroup(): string {
    return join(CGROUPS, String(process.pid), `pod${this.uid}`);
  }

  /** Runs a program in the pod's cgroup: by default the process that holds its netns, as pause does. */
  run(argv: [string, ...string[]] = ['nsenter', `--net=/run/netns/${this.netns}`, 'sleep', 'infinity'], container = 'sandbox'): ChildProcess {
    const folder = join(this.cgroup, container);
    mkdirSync(folder, { recursive: true });
    // It begins only when it is in its cgroup: what it made before would stay outside.
    const child = spawn('sh', ['-c', 'read -r _; exec "$@" < /dev/null', 'sh', ...argv], { stdio: ['pipe', 'ignore', 'ignore'] });
    if (child.pid !== undefined) writeFileSync(join(folder, 'cgroup.procs'), String(child.pid));
    child.stdin.on('error', () => undefined).end('\n');
    this.processes.push(child);
    return child;
  }

  get target() {
    return { name: `${this.podName}_${this.uid.slice(0, 8)}`, podName: this.podName, podUID: this.uid, podIPs: [this.podIP], hostNetwork: false, gone: false };
  }

  /** Ends with the pod. */
  own(child: ChildProcess): void {
    this.processes.push(child);
  }

  remove(): void {
    for (const child of this.processes) child.kill('SIGKILL');
    removeCgroup(this.cgroup);
    for (const netns of [this.netns, this.peerNetns]) ip('netns', 'delete', netns);
    try {
      rmdirSync(join(CGROUPS, String(process.pid)));
      rmdirSync(CGROUPS);
    } catch {
      // Another test still uses it.
    }
  }
}
