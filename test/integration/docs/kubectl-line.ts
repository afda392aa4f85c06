// A kubectl command of the documentation, in parts: what it is about, and how it is run where nothing may change and nobody waits.

import { UNKNOWN } from '../../unit/docs/blocks/shell.js';

export interface KubectlLine {
  verb: string;
  namespace: string | undefined;
  files: string[];
  kustomizations: string[];
  /** What stands behind the verb and is no flag, up to `--`. */
  operands: string[];
  /** Without flags that say where: the test's own server is meant. */
  args: string[];
}

/** Flags whose value is the next word. A value behind a `=` needs no list. */
const WITH_VALUE = new Set(['-n', '--namespace', '-o', '--output', '-l', '--selector', '-f', '--filename', '-k', '--kustomize', '-c', '--container', '--patch', '--type', '--for', '--as', '--as-group', '--field-selector', '--sort-by', '--timeout', '--tail', '--since', '--image', '--port', '--user', '--group', '--replicas', '--context', '--kubeconfig', '--overrides']);
const WHERE = new Set(['--context', '--kubeconfig', '--cluster', '--server', '-s']);

export function kubectlLine(words: readonly string[]): KubectlLine {
  const line: KubectlLine = { verb: '', namespace: undefined, files: [], kustomizations: [], operands: [], args: [] };
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] as string;
    if (word === '--') {
      line.args.push(...words.slice(at));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      if (line.verb === '') line.verb = word;
      else line.operands.push(word);
      line.args.push(word);
      continue;
    }
    const [flag = '', inline] = word.startsWith('--') && word.includes('=') ? [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] : [word];
    // -f of logs and -p of patch: one follows, the other has a value.
    const hasValue = inline === undefined && ((WITH_VALUE.has(flag) && !(flag === '-f' && line.verb === 'logs')) || (flag === '-p' && line.verb === 'patch'));
    const value = inline ?? (hasValue ? words[at + 1] : undefined);
    if (hasValue) at += 1;
    if (WHERE.has(flag)) continue;
    if (flag === '-n' || flag === '--namespace') line.namespace = value;
    if (flag === '-f' || flag === '--filename') if (value !== undefined) line.files.push(value);
    if (flag === '-k' || flag === '--kustomize') if (value !== undefined) line.kustomizations.push(value);
    line.args.push(word, ...(hasValue && value !== undefined ? [value] : []));
  }
  return line;
}

export interface Named {
  kind: string;
  name: string;
}

/** The objects that have to be there for a command that is about objects. */
export function objectsNamed({ verb, operands, files }: KubectlLine): Named[] {
  if (['create', 'apply', 'explain', 'auth', 'api-resources', 'api-versions', 'config', 'version', 'cluster-info', 'completion', 'top', 'kustomize', 'run', 'set', 'diff'].includes(verb) || files.length > 0) return [];
  const own = verb === 'rollout' ? operands.slice(1) : operands;
  const about = own.filter((word) => !/=|.-$/.test(word));
  if (['logs', 'exec', 'port-forward', 'cp'].includes(verb)) return about.slice(0, 1).map((word) => named(word, 'pod'));
  if (['cordon', 'uncordon', 'drain'].includes(verb)) return about.map((word) => named(word, 'node'));
  const [first] = about;
  if (first === undefined) return [];
  return first.includes('/') ? about.filter((word) => word.includes('/')).map((word) => named(word, '')) : about.slice(1).map((name) => ({ kind: first, name }));
}

function named(word: string, kind: string): Named {
  const [before = '', name] = word.split('/');
  return name === undefined ? { kind, name: before } : { kind: before, name };
}

const WRITES = new Set(['annotate', 'apply', 'create', 'delete', 'expose', 'label', 'patch', 'replace', 'scale', 'taint', 'cordon', 'uncordon', 'drain', 'run', 'autoscale', 'set']);

/** As it is run: on a dry run where it writes, and without waiting for more than is there. */
export function runnable({ verb, args }: KubectlLine): string[] {
  const once = args.filter((arg) => !['-w', '--watch', '--watch-only', '--follow'].includes(arg) && !(arg === '-f' && verb === 'logs'));
  const soon = once.map((arg) => (/^--timeout=/.test(arg) && (verb === 'wait' || verb === 'rollout') ? '--timeout=1s' : arg));
  const dashes = soon.indexOf('--');
  const own = dashes < 0 ? soon : soon.slice(0, dashes);
  const behind = dashes < 0 ? [] : soon.slice(dashes);
  const dry = WRITES.has(verb) ? ['--dry-run=server'] : [];
  // Of a workload they look for a pod that runs, and none does here.
  const atOnce = ['logs', 'exec', 'port-forward'].includes(verb) ? ['--pod-running-timeout=1s'] : [];
  return [...own.map(real), ...atOnce, ...dry.filter(() => !own.some((arg) => arg.startsWith('--dry-run'))), ...behind];
}

/** A word for a reader to replace, or what only a shell knows, as something that is there. */
function real(arg: string): string {
  if (arg === 'KUSTOMIZATION') return 'config/default';
  if (arg === UNKNOWN) return '{}';
  return /^([a-z.]+\/)?[A-Z][A-Z-]+$/.test(arg) ? arg.toLowerCase() : arg;
}

/** What a command may say on a server without kubelets, controllers and metrics: it was understood, and there is nothing to do it with. */
export const EXPECTED: Record<string, RegExp> = {
  create: /already exists/,
  expose: /already exists/,
  logs: /does not have a host assigned|timed out/,
  exec: /does not have a host assigned|not running|current phase is|timed out/i,
  'port-forward': /not running|does not have a host assigned|timed out/i,
  top: /Metrics API not available/,
  rollout: /timed out/,
  wait: /timed out/,
  auth: /^kubectl .*: exit 1: (Warning: .*)?$/s,
};
