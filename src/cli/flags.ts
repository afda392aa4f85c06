// The flags that every command takes, with the meaning that kubectl gives them.
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseDurationMs } from '../api/duration.js';
import type { KubeconfigFlags } from '../kube/kubeconfig.js';

export interface GlobalFlags extends KubeconfigFlags {
  namespace?: string;
  /** 0: no limit. */
  requestTimeout?: number;
}

export const KUBECTL_FLAGS = 'Flags of kubectl';

const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

/** Milliseconds, of a flag that takes a duration. */
export function durationArgument(value: string): number {
  const ms = parseDurationMs(value);
  if (ms === undefined) throw new InvalidArgumentError('it is no duration; write for example 90s, 2m or 1h30m');
  return ms;
}

/** As kubectl has it: seconds, or a duration. */
function timeout(value: string): number {
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : parseDurationMs(value);
  if (ms === undefined) throw new InvalidArgumentError('it is neither seconds nor a duration; write for example 30s');
  return ms;
}

/** New ones each time: commander keeps values of a parse in them. */
const globalOptions = (): Option[] => [
  new Option('-n, --namespace <name>', 'namespace; default: that of the context'),
  new Option('--context <name>', 'context of the kubeconfig'),
  new Option('--kubeconfig <file>', 'path of the kubeconfig; default: KUBECONFIG, which may list several, else ~/.kube/config'),
  new Option('--cluster <name>', 'cluster of the kubeconfig'),
  new Option('--user <name>', 'user of the kubeconfig'),
  new Option('--as <user>', 'user to act as'),
  new Option('--as-group <group>', 'group to act as; may be repeated').argParser(collect),
  new Option('--as-uid <uid>', 'UID to act as'),
  new Option('-s, --server <url>', 'address of the API server'),
  new Option('--token <token>', 'bearer token for the API server'),
  new Option('--certificate-authority <file>', "certificates that vouch for the API server's"),
  new Option('--insecure-skip-tls-verify', "do not verify the API server's certificate"),
  new Option('--tls-server-name <name>', "name to look for in the API server's certificate"),
  new Option('--request-timeout <time>', 'limit for one request, such as 30s; 0: none').argParser(timeout),
];

/** The program's own stand in its help; a command takes them too, and its help is about what is its own. */
export function addGlobalFlags(command: Command, { shown }: { shown: boolean }): void {
  for (const option of globalOptions()) command.addOption(option.helpGroup(`${KUBECTL_FLAGS}:`).hideHelp(!shown));
}

/** What was given before the command and after it; of two of one kind the later counts, and groups add up. */
export function globalFlags(command: Command): GlobalFlags {
  const program = command.parent?.opts<GlobalFlags>() ?? {};
  const own = command.opts<GlobalFlags>();
  const groups = [...(program.asGroup ?? []), ...(own.asGroup ?? [])];
  return { ...program, ...own, ...(groups.length > 0 && { asGroup: groups }) };
}
