// What is wrong with a command of the documentation, as far as that shows without a server: its words, the targets, scripts and files that it names.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { CONDITION } from '../../../../src/api/reasons.js';
import { jsonpathProblems, kindNamed } from './jsonpath.js';
import { pktcapProblem } from './pktcap.js';
import { ROOT } from './pages.js';
import { UNKNOWN, type Command } from './shell.js';

/** Run by test/integration/docs, or why not: there. */
export const KUBECTL_VERBS = [
  'annotate', 'api-resources', 'api-versions', 'apply', 'auth', 'cluster-info', 'completion', 'config', 'cordon', 'cp', 'create', 'delete', 'describe', 'diff', 'drain', 'edit', 'exec', 'explain', 'expose',
  'get', 'kustomize', 'label', 'logs', 'patch', 'port-forward', 'replace', 'rollout', 'run', 'scale', 'set', 'taint', 'top', 'uncordon', 'version', 'wait',
];
/** Plugins of others. */
const KUBECTL_PLUGINS: Record<string, string> = { krew: 'the manager of plugins; what it installs is built and looked at by test/integration/cli' };

/** Others' programs: named on purpose, and not run. */
const TOOLS = new Set([
  // of shells and coreutils
  'alias', 'awk', 'base64', 'cat', 'cd', 'chmod', 'comm', 'cp', 'cut', 'date', 'df', 'diff', 'du', 'echo', 'eval', 'exit', 'export', 'find', 'grep', 'gunzip', 'head', 'install', 'kill', 'ls', 'mkdir', 'mv', 'od', 'printf', 'read', 'rm', 'sed', 'sha256sum', 'shasum', 'sleep', 'sort', 'source', 'tail', 'tar', 'tee', 'test', 'tr', 'trap', 'true', 'uniq', 'wait', 'watch', 'wc', 'which', 'xargs', 'zcat', 'zstd', 'zstdcat', 'gzip',
  // of packets and networks
  'capinfos', 'curl', 'dig', 'editcap', 'ethtool', 'ip', 'mergecap', 'nslookup', 'ping', 'tcpdump', 'tshark', 'wget', 'wireshark',
  // of stores, clusters and observability
  'argocd', 'aws', 'crictl', 'docker', 'flux', 'git', 'grafana-cli', 'helm', 'jq', 'kind', 'minikube', 'nerdctl', 'podman', 'prometheus', 'promtool', 'radosgw-admin', 'yq',
  // of packages and systems
  'apt', 'apt-get', 'codesign', 'node', 'npx', 'openssl', 'ssh', 'su', 'systemctl', 'xattr',
]);
/** Before a command, without changing what it is. */
const WRAPPERS = new Set(['sudo', 'time', 'nohup', 'exec']);

const MAKE_TARGETS = new Set([...readFileSync(path.join(ROOT, 'Makefile'), 'utf8').matchAll(/^([a-z0-9.-]+):(?!=)/gm)].map(([, target]) => target));
const SCRIPTS = new Set(Object.keys((JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { scripts: object }).scripts));
const OUR_FOLDERS = ['.ci', 'config', 'crds', 'docs', 'examples', 'hack', 'src', 'test'];

/** undefined: nothing. */
export async function commandProblem({ words }: Command): Promise<string | undefined> {
  const [program = '', ...args] = WRAPPERS.has(words[0] ?? '') ? words.slice(1) : words;
  const missing = args.flatMap((arg) => arg.split(/[=,]/)).find(isOurFileMissing);
  if (missing !== undefined) return `${missing}: no such file`;
  switch (program) {
    case 'make':
      return makeProblem(args);
    case 'npm':
      return npmProblem(args);
    case 'kubectl':
      return kubectlProblem(args);
    case 'kubectl-pktcap':
      return pktcapProblem(args);
    default:
      if (TOOLS.has(program) || program === UNKNOWN) return undefined;
      if (OUR_FOLDERS.includes(program.replace(/^\.\//, '').split('/')[0] ?? '')) return isOurFileMissing(program) ? `${program}: no such program` : undefined;
      return `${program}: the test does not know this program; add it to TOOLS, or have the test look at it`;
  }
}

function isOurFileMissing(word: string): boolean {
  const name = word.replace(/^\.\//, '').replace(/[?:].*$/, '');
  return OUR_FOLDERS.includes(name.split('/')[0] ?? '') && name.includes('/') && !/[*<>…]/.test(name) && !existsSync(path.join(ROOT, name));
}

function makeProblem(args: string[]): string | undefined {
  const targets = args.filter((arg) => !/^[A-Z_]+=/.test(arg));
  const unknown = targets.find((target) => !MAKE_TARGETS.has(target));
  if (unknown !== undefined) return `make ${unknown}: the Makefile has no such target`;
  return targets.length === 0 ? 'make: name a target' : undefined;
}

function npmProblem([verb, name]: string[]): string | undefined {
  if (verb === 'run') return SCRIPTS.has(name ?? '') ? undefined : `npm run ${name}: package.json has no such script`;
  return ['install', 'ci', 'ls', 'view', 'pack'].includes(verb ?? '') ? undefined : `npm ${verb}: the test does not know this command`;
}

async function kubectlProblem(args: string[]): Promise<string | undefined> {
  const verb = verbOf(args);
  if (verb === 'pktcap') return pktcapProblem([...args.slice(0, args.indexOf('pktcap')), ...args.slice(args.indexOf('pktcap') + 1)]);
  if (verb === undefined || KUBECTL_PLUGINS[verb] !== undefined) return undefined;
  if (!KUBECTL_VERBS.includes(verb)) return `kubectl ${verb}: the test does not know this command`;
  return verb === 'get' || verb === 'wait' ? ofOursProblem(args) : undefined;
}

/** What is asked of kinds of ours: fields that they have, conditions that they know. */
function ofOursProblem(args: string[]): string | undefined {
  const at = args.findIndex((arg) => kindNamed(arg) !== undefined);
  const kind = kindNamed(args[at] ?? '');
  if (kind === undefined) return undefined;
  const condition = args.map((arg) => /^(?:--for=)?condition=(\w+)/.exec(arg)?.[1]).find((name) => name !== undefined);
  if (condition !== undefined && !(Object.values(CONDITION) as string[]).includes(condition)) return `--for=condition=${condition}: no such condition`;
  const template = args.map((arg) => /^(?:-o|--output=)?jsonpath=([\s\S]*)$/.exec(arg)?.[1]).find((text) => text !== undefined);
  const isOne = (args[at] ?? '').includes('/') || (args[at + 1] !== undefined && !args[at + 1]?.startsWith('-'));
  return template === undefined ? undefined : jsonpathProblems(kind, template, !isOne)[0];
}

/** Flags of kubectl may stand before it. */
export function verbOf(args: readonly string[]): string | undefined {
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] as string;
    if (!arg.startsWith('-')) return arg;
    if (/^(-n|--namespace|--context|--kubeconfig|--as|-s)$/.test(arg)) at += 1;
  }
  return undefined;
}
