// kubectl pktcap as a user runs it: the bundle that is shipped, against the cluster of KUBECONFIG.
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

let built: string | undefined;

/** Path of the bundle, which Node runs; built once per test file, and put in its place whole: several files ask for it at once. */
export function pluginFile(): string {
  if (built !== undefined) return built;
  const file = join(ROOT, 'node_modules/.cache/plugin-under-test/kubectl-pktcap.cjs');
  const own = file.replace(/\.cjs$/, `.${process.pid}.cjs`);
  execFileSync(process.execPath, [join(ROOT, 'hack/build/cli.mjs'), own], { stdio: ['ignore', 'ignore', 'inherit'] });
  renameSync(own, file);
  return (built = file);
}

export interface PluginOptions {
  /** The impersonated user. */
  as?: string;
  /** Written to its standard input, which is closed after it; default: nothing. */
  input?: string;
  cwd?: string;
  /** Over those of the test. */
  env?: Record<string, string>;
  /** After so long it is killed, and its code is null. */
  timeoutMs?: number;
}

export interface PluginResult {
  /** null where a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export type PluginProcess = ChildProcessByStdio<Writable, Readable, Readable>;

/** Starts it, for what is looked at while it runs. The caller ends it. */
export function startPlugin(args: string[], { as, cwd, env, timeoutMs = 120_000 }: Omit<PluginOptions, 'input'> = {}): PluginProcess {
  const impersonate = as === undefined ? [] : ['--as', as];
  return spawn(process.execPath, [pluginFile(), ...impersonate, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // NODE_OPTIONS is the test runner's.
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    ...(cwd !== undefined && { cwd }),
  });
}

/** Runs it; `said` grows until it ends. */
export function runPlugin(args: string[], { input = '', ...options }: PluginOptions = {}): { said: Omit<PluginResult, 'code'>; ended: Promise<PluginResult> } {
  const child = startPlugin(args, options);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => void (said[name] += text));
  // One that ends without reading its input closes the pipe.
  child.stdin.on('error', () => undefined).end(input);
  const ended = new Promise<PluginResult>((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve({ code, ...said }));
  });
  return { said, ended };
}

/** Runs it to its end. */
export const plugin = (args: string[], options?: PluginOptions): Promise<PluginResult> => runPlugin(args, options).ended;

/** The same of one that has to succeed: its standard output. */
export async function pluginSays(args: string[], options?: PluginOptions): Promise<string> {
  const { code, stdout, stderr } = await plugin(args, options);
  if (code !== 0) throw new Error(`kubectl pktcap ${args.join(' ')}: exit code ${code}\n${stderr}`);
  return stdout;
}
