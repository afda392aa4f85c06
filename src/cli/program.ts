// The command line: global flags, and every command by its name.
import { Command, CommanderError } from 'commander';
import { systemClock } from '../kube/clock.js';
import { createKube } from '../kube/client.js';
import { loadKubeconfig } from '../kube/kubeconfig.js';
import { COMMANDS } from './commands.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { Failure } from './failure.js';
import type { Io } from './io.js';
import type { OpenSession } from './session.js';

const VERSION = process.env['PACKETCAPTURE_VERSION'] ?? 'dev';

interface GlobalFlags {
  kubeconfig?: string;
  context?: string;
  cluster?: string;
  user?: string;
  namespace?: string;
  as?: string;
  asGroup?: string[];
}

/** Runs one command line (without the program's own name). */
export async function runCli(args: string[], io: Io): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const program = new Command('kubectl-pktcap')
    .description('Packets out of pods, through PacketCapture objects.')
    .version(VERSION)
    .option('--kubeconfig <file>', 'path of the kubeconfig')
    .option('--context <name>', 'context of the kubeconfig')
    .option('--cluster <name>', 'cluster of the kubeconfig')
    .option('--user <name>', 'user of the kubeconfig')
    .option('-n, --namespace <name>', 'namespace')
    .option('--as <user>', 'user to impersonate')
    .option('--as-group <group...>', 'group to impersonate')
    .exitOverride()
    .configureOutput({ writeOut: (text) => void io.stdout.write(text), writeErr: (text) => void io.stderr.write(text) });
  const open: OpenSession = () => {
    const flags = program.opts<GlobalFlags>();
    const kubeConfig = loadKubeconfig(flags);
    const namespace = flags.namespace ?? kubeConfig.getContextObject(kubeConfig.getCurrentContext())?.namespace ?? 'default';
    return { io, kubeConfig, namespace, kube: createKube(kubeConfig, { userAgent: `kubectl-pktcap/${VERSION}`, clock: systemClock }) };
  };
  for (const define of COMMANDS) {
    program.addCommand(
      define({ io, open, done: (code) => { exitCode = code; } }).copyInheritedSettings(program),
    );
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    io.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof Failure ? error.exitCode : EXIT.error;
  }
}
