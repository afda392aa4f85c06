// The kubeconfig that kubectl would use, under the same flags.
import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { KubeConfig, type User } from '@kubernetes/client-node';
import { execCredentials, type Credential } from './kubeconfig/exec-credential.js';
import { type ClusterEntry, type Environment, type Kubeconfig, readKubeconfig, type UserEntry } from './kubeconfig/files.js';

/** Each as the flag of kubectl of that name. */
export interface KubeconfigFlags {
  kubeconfig?: string | undefined;
  context?: string | undefined;
  cluster?: string | undefined;
  user?: string | undefined;
  as?: string | undefined;
  asGroup?: string[] | undefined;
  asUid?: string | undefined;
  server?: string | undefined;
  token?: string | undefined;
  certificateAuthority?: string | undefined;
  insecureSkipTlsVerify?: boolean | undefined;
  tlsServerName?: string | undefined;
}

/** Throws a sentence with the file, the context or the flag at fault. `env`: KUBECONFIG and HOME, and what credential programs are run with. */
export function loadKubeconfig(flags: KubeconfigFlags, env: Environment = process.env): KubeConfig {
  const found = readKubeconfig(flags.kubeconfig, env);
  const isEmpty = found.clusters.size === 0 && found.contexts.size === 0;
  if (isEmpty && flags.kubeconfig === undefined && flags.server === undefined && env['KUBERNETES_SERVICE_HOST'] !== undefined) return inCluster(flags);
  const name = flags.context ?? found.currentContext;
  const context = name === undefined ? undefined : found.contexts.get(name);
  if (flags.context !== undefined && !context) throw new Error(`context "${flags.context}" is not in ${places(found)}${choices(found.contexts)}`);
  const clusterName = flags.cluster ?? context?.cluster;
  const userName = flags.user ?? context?.user;
  const cluster = clusterOf(found, clusterName, flags);
  const user = userName === undefined || userName === '' ? {} : found.users.get(userName);
  if (!user) throw new Error(`user "${userName}" is not in ${places(found)}${choices(found.users)}`);
  if (!cluster.server) throw new Error(noServer(found, name, context !== undefined));
  const config = new UserKubeConfig(identityOf(user, flags), user.exec && flags.token === undefined ? execCredentials(user.exec, cluster, env) : undefined);
  config.loadFromOptions({
    clusters: [{ name: clusterName ?? 'cluster', ...inClientsWords(cluster) }],
    users: [userOf(userName ?? 'user', user, flags)],
    contexts: [{ name: name ?? 'context', cluster: clusterName ?? 'cluster', user: userName ?? 'user', namespace: context?.namespace }],
    currentContext: name ?? 'context',
  });
  return config;
}

/** What --context, --cluster and --user can be. */
export function kubeconfigNames(flags: KubeconfigFlags, env: Environment): Record<'context' | 'cluster' | 'user', string[]> {
  const { contexts, clusters, users } = readKubeconfig(flags.kubeconfig, env);
  return { context: [...contexts.keys()], cluster: [...clusters.keys()], user: [...users.keys()] };
}

function inCluster(flags: KubeconfigFlags): KubeConfig {
  const config = new UserKubeConfig(identityOf({}, flags), undefined);
  config.loadFromCluster();
  return config;
}

function clusterOf(found: Kubeconfig, name: string | undefined, flags: KubeconfigFlags): ClusterEntry {
  const entry = name === undefined ? {} : found.clusters.get(name);
  if (!entry) throw new Error(`cluster "${name}" is not in ${places(found)}${choices(found.clusters)}`);
  const cluster = { ...entry };
  if (flags.server !== undefined) {
    cluster.server = flags.server;
    // The name belongs to the server that was there.
    delete cluster['tls-server-name'];
  }
  if (flags.tlsServerName !== undefined) cluster['tls-server-name'] = flags.tlsServerName;
  if (flags.insecureSkipTlsVerify !== undefined) cluster['insecure-skip-tls-verify'] = flags.insecureSkipTlsVerify;
  if (flags.certificateAuthority !== undefined || flags.insecureSkipTlsVerify) {
    delete cluster['certificate-authority-data'];
    delete cluster['certificate-authority'];
    if (flags.certificateAuthority !== undefined) cluster['certificate-authority'] = flags.certificateAuthority;
  }
  return cluster;
}

function inClientsWords(cluster: ClusterEntry) {
  const server = /^https?:\/\//.test(cluster.server ?? '') ? (cluster.server as string) : `https://${cluster.server}`;
  if (!URL.canParse(server)) throw new Error(`the cluster's server "${cluster.server}" is no address; write for example https://10.0.0.1:6443`);
  return {
    server: server.replace(/\/$/, ''),
    // The client refuses http without it, though there is nothing to verify.
    skipTLSVerify: cluster['insecure-skip-tls-verify'] === true || server.startsWith('http:'),
    ...defined({ tlsServerName: cluster['tls-server-name'], caData: cluster['certificate-authority'] ? undefined : cluster['certificate-authority-data'], caFile: cluster['certificate-authority'], proxyUrl: cluster['proxy-url'] }),
  };
}

function userOf(name: string, user: UserEntry, flags: KubeconfigFlags): User {
  const token = flags.token ?? (user.tokenFile ? readFileSync(user.tokenFile, 'utf8').trim() : user.token);
  const certificate = { certData: user['client-certificate-data'], certFile: user['client-certificate'], keyData: user['client-key-data'], keyFile: user['client-key'] };
  const others = flags.token === undefined ? { username: user.username, password: user.password, authProvider: user['auth-provider'] } : {};
  return { name, ...defined({ token, ...certificate, ...others }) };
}

const defined = <T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null && value !== '')) as never;

type Headers = Record<string, string | string[]>;

/** Whom to act as. Flags stand for the kubeconfig's own, all of them at once. */
function identityOf(user: UserEntry, { as, asGroup = [], asUid }: KubeconfigFlags): Headers {
  const given = as !== undefined || asGroup.length > 0 || asUid !== undefined;
  const [name, groups, uid, extra] = given ? [as, asGroup, asUid, {}] : [user.as, user['as-groups'] ?? [], user['as-uid'], user['as-user-extra'] ?? {}];
  if (name === undefined || name === '') {
    if (groups.length > 0 || uid !== undefined) throw new Error('--as-group and --as-uid need a user to go with: add --as, for example --as=jane');
    return {};
  }
  return {
    'Impersonate-User': name,
    ...(groups.length > 0 && { 'Impersonate-Group': groups }),
    ...(uid !== undefined && { 'Impersonate-Uid': uid }),
    ...Object.fromEntries(Object.entries(extra).map(([key, values]) => [`Impersonate-Extra-${encodeURIComponent(key)}`, values])),
  };
}

/** A KubeConfig that knows groups and uids to act as, and runs credential programs as their protocol has it. */
class UserKubeConfig extends KubeConfig {
  readonly #identity: Headers;
  readonly #credentials: (() => Promise<Credential>) | undefined;

  constructor(identity: Headers, credentials: (() => Promise<Credential>) | undefined) {
    super();
    this.#identity = identity;
    this.#credentials = credentials;
  }

  override async applyToHTTPSOptions(options: RequestOptions): Promise<void> {
    if (this.#credentials) this.#take(await this.#credentials());
    await super.applyToHTTPSOptions(options);
    options.headers = { ...(options.headers as Headers | undefined), ...this.#identity };
  }

  #take({ token, clientCertificateData: cert, clientKeyData: key }: Credential): void {
    const base64 = (pem: string): string => Buffer.from(pem).toString('base64');
    const said = defined({ token, ...(cert && { certData: base64(cert) }), ...(key && { keyData: base64(key) }) });
    this.users = this.users.map((user) => ({ ...user, ...said }));
  }
}

const places = ({ files }: Kubeconfig): string => (files.length === 0 ? 'any kubeconfig' : files.map((file) => `"${file}"`).join(' or '));
const choices = (there: ReadonlyMap<string, unknown>): string => (there.size === 0 ? ', which has none' : `; there are: ${[...there.keys()].slice(0, 20).join(', ')}`);

function noServer(found: Kubeconfig, context: string | undefined, isThere: boolean): string {
  if (found.clusters.size === 0) return `no cluster to talk to: ${places(found)} names none; set KUBECONFIG, or use --kubeconfig`;
  if (context === undefined) return `no current context in ${places(found)}: use --context with one of ${[...found.contexts.keys()].join(', ')}`;
  return isThere ? `context "${context}" of ${places(found)} names no cluster with a server` : `the current context "${context}" is not in ${places(found)}${choices(found.contexts)}`;
}
