// The files of a kubeconfig, read and merged as kubectl does it: of two entries with one name, and of two current contexts, the first counts.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

export interface ClusterEntry {
  server?: string;
  'tls-server-name'?: string;
  'insecure-skip-tls-verify'?: boolean;
  'certificate-authority'?: string;
  'certificate-authority-data'?: string;
  'proxy-url'?: string;
  [field: string]: unknown;
}

export interface UserEntry {
  'client-certificate'?: string;
  'client-certificate-data'?: string;
  'client-key'?: string;
  'client-key-data'?: string;
  token?: string;
  tokenFile?: string;
  username?: string;
  password?: string;
  as?: string;
  'as-uid'?: string;
  'as-groups'?: string[];
  'as-user-extra'?: Record<string, string[]>;
  exec?: ExecEntry;
  'auth-provider'?: unknown;
}

/** A program that says the credentials. */
export interface ExecEntry {
  apiVersion?: string;
  command?: string;
  args?: string[] | null;
  env?: { name: string; value: string }[] | null;
  installHint?: string;
  provideClusterInfo?: boolean;
  interactiveMode?: 'Never' | 'IfAvailable' | 'Always';
}

export interface ContextEntry {
  cluster?: string;
  user?: string;
  namespace?: string;
}

export interface Kubeconfig {
  clusters: Map<string, ClusterEntry>;
  users: Map<string, UserEntry>;
  contexts: Map<string, ContextEntry>;
  currentContext: string | undefined;
  /** What was looked for, whether it is there or not. */
  files: string[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** A file that was named must be there; of KUBECONFIG's and the default one, those that are there count. */
export function readKubeconfig(named: string | undefined, env: Environment): Kubeconfig {
  const files = named !== undefined ? [named] : defaultFiles(env);
  const merged: Kubeconfig = { clusters: new Map(), users: new Map(), contexts: new Map(), currentContext: undefined, files };
  for (const file of files) {
    const text = read(file, named !== undefined);
    if (text !== undefined) merge(merged, documentOf(file, text), path.dirname(path.resolve(file)));
  }
  return merged;
}

function defaultFiles(env: Environment): string[] {
  const listed = (env['KUBECONFIG'] ?? '').split(path.delimiter).filter((file) => file !== '');
  const home = env['HOME'] ?? env['USERPROFILE'];
  return listed.length > 0 ? listed : home === undefined ? [] : [path.join(home, '.kube', 'config')];
}

function read(file: string, isNamed: boolean): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !isNamed) return undefined;
    throw new Error(`kubeconfig "${file}" cannot be read: ${code === 'ENOENT' ? 'there is no such file; name one that is there with --kubeconfig or KUBECONFIG' : (error as Error).message}`, { cause: error });
  }
}

interface Document {
  clusters?: { name?: string; cluster?: ClusterEntry }[] | null;
  users?: { name?: string; user?: UserEntry }[] | null;
  contexts?: { name?: string; context?: ContextEntry }[] | null;
  'current-context'?: string;
}

function documentOf(file: string, text: string): Document {
  let parsed: unknown;
  try {
    parsed = parse(text);
  } catch (error) {
    throw new Error(`kubeconfig "${file}" is no YAML: ${(error as Error).message.split('\n')[0]}`, { cause: error });
  }
  if (parsed === null || parsed === undefined) return {};
  const lists = typeof parsed === 'object' ? (['clusters', 'users', 'contexts'] as const).map((field) => (parsed as Document)[field] ?? []) : [undefined];
  if (!lists.every((list) => Array.isArray(list))) throw new Error(`kubeconfig "${file}" is no kubeconfig: it should have lists of clusters, users and contexts`);
  return parsed;
}

function merge(into: Kubeconfig, { clusters, users, contexts, 'current-context': current }: Document, folder: string): void {
  const add = <T extends object>(map: Map<string, T>, name: string | undefined, entry: T | undefined, paths: readonly string[]): void => {
    if (name === undefined || map.has(name)) return;
    const own: Record<string, unknown> = { ...entry };
    for (const key of paths) if (typeof own[key] === 'string' && own[key] !== '') own[key] = path.resolve(folder, own[key]);
    map.set(name, own as T);
  };
  for (const { name, cluster } of clusters ?? []) add(into.clusters, name, cluster, ['certificate-authority']);
  for (const { name, user } of users ?? []) add(into.users, name, withProgram(user, folder), ['client-certificate', 'client-key', 'tokenFile']);
  for (const { name, context } of contexts ?? []) add(into.contexts, name, context, []);
  if (into.currentContext === undefined && typeof current === 'string' && current !== '') into.currentContext = current;
}

/** A program that is named with a slash is meant from the folder of the file; others are looked for on PATH. */
function withProgram(user: UserEntry | undefined, folder: string): UserEntry | undefined {
  const command = user?.exec?.command;
  return command?.includes(path.sep) ? { ...user, exec: { ...user?.exec, command: path.resolve(folder, command) } } : user;
}
