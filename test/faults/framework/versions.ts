// What a report was made on: it says nothing without.
import { execFile } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import { promisify } from 'node:util';

const firstLine = async (command: string, ...args: string[]): Promise<string> => {
  const { stdout, stderr } = await promisify(execFile)(command, args).catch(() => ({ stdout: `no ${command}`, stderr: '' }));
  return (stdout || stderr).split('\n')[0] ?? '';
};

export async function versions(): Promise<string> {
  const [tcpdump, commit] = await Promise.all([firstLine('tcpdump', '--version'), firstLine('git', 'rev-parse', '--short', 'HEAD')]);
  return `Commit ${commit}, ${new Date().toISOString().slice(0, 10)}. ${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}, Node ${process.version}, ${tcpdump}.`;
}
