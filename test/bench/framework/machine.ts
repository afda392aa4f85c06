// What a figure was measured on: its numbers say nothing without.
import { execFile } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import { promisify } from 'node:util';

export interface Machine {
  cores: number;
  cpu: string;
  memoryGiB: number;
  kernel: string;
  /** Program → its version. */
  versions: Record<string, string>;
}

const output = async (command: string, ...args: string[]): Promise<string> => {
  const { stdout, stderr } = await promisify(execFile)(command, args).catch(() => ({ stdout: '', stderr: '' }));
  return (stdout || stderr).split('\n')[0]?.trim() ?? '';
};

export async function machine(): Promise<Machine> {
  const [tcpdump, kubectl] = await Promise.all([output('tcpdump', '--version'), output('kubectl', 'version', '--client', '--short')]);
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? '',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    versions: { Node: process.version, tcpdump: tcpdump.replace(/^tcpdump version /, ''), Kubernetes: kubectl.replace(/^Client Version: /, '') },
  };
}

/** The commit of this checkout, with `+` where files differ from it. */
export async function commit(): Promise<string> {
  const [head, changes] = await Promise.all([output('git', 'rev-parse', '--short', 'HEAD'), output('git', 'status', '--porcelain', '--', 'src', 'config', 'crds', 'Dockerfile', 'hack', 'test/bench')]);
  return changes === '' ? head : `${head}+`;
}
