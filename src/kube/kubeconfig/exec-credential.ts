// Credentials that a program says (client.authentication.k8s.io): run with what its protocol promises, asked again when they have expired.
import { spawn } from 'node:child_process';
import { ERROR_REASON, KubeError } from '../errors.js';
import type { ClusterEntry, Environment, ExecEntry } from './files.js';

export interface Credential {
  token?: string;
  /** PEM. */
  clientCertificateData?: string;
  clientKeyData?: string;
  /** RFC 3339. Absent: as long as this process lives. */
  expirationTimestamp?: string;
}

const MAX_OUTPUT = 1 << 20;

/** Runs the program when there is no credential yet, or none that is still good. */
export function execCredentials(entry: ExecEntry, cluster: ClusterEntry | undefined, env: Environment): () => Promise<Credential> {
  let last: Promise<Credential> | undefined;
  const isGood = ({ expirationTimestamp }: Credential): boolean => expirationTimestamp === undefined || !(Date.parse(expirationTimestamp) <= Date.now());
  return async () => {
    const known = last && (await last.catch(() => undefined));
    if (known && isGood(known)) return known;
    last = run(entry, cluster, env);
    return last;
  };
}

function run(entry: ExecEntry, cluster: ClusterEntry | undefined, env: Environment): Promise<Credential> {
  const { command, args, env: own, interactiveMode } = entry;
  if (command === undefined || command === '') throw unable('the user has an exec without a command');
  const interactive = interactiveMode !== 'Never' && process.stdin.isTTY === true;
  if (interactiveMode === 'Always' && !interactive) throw unable(`credentials come from "${command}", which wants a terminal on stdin, and there is none`);
  const info = { apiVersion: entry.apiVersion, kind: 'ExecCredential', spec: { interactive, ...(entry.provideClusterInfo && { cluster: clusterInfo(cluster) }) } };
  const environment = { ...env, ...Object.fromEntries((own ?? []).map(({ name, value }) => [name, value])), KUBERNETES_EXEC_INFO: JSON.stringify(info) };
  return new Promise((resolve, reject) => {
    const failed = (why: string, cause?: unknown): void => reject(unable(`no credentials from "${command}": ${why}`, cause));
    const child = spawn(command, args ?? [], { env: environment, stdio: [interactive ? 'inherit' : 'ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (output = (output + chunk).slice(0, MAX_OUTPUT)));
    child.once('error', (error: NodeJS.ErrnoException) => failed(error.code === 'ENOENT' ? `there is no such program${entry.installHint ? `\n${entry.installHint}` : '; install it, or put it on PATH'}` : error.message, error));
    child.once('close', (code, signal) => {
      if (code !== 0) return failed(`it ended with ${code === null ? String(signal) : `exit code ${code}`}`);
      try {
        const { status } = JSON.parse(output) as { status?: Credential };
        if (!status || (!status.token && !status.clientCertificateData)) return failed('its answer has neither a token nor a certificate');
        resolve(status);
      } catch (error) {
        failed('its answer is no JSON', error);
      }
    });
  });
}

const unable = (why: string, cause?: unknown): KubeError => new KubeError({ status: 0, reason: ERROR_REASON.credentials, message: `kubeconfig: ${why}`, cause });

/** As the protocol has it: the entry's fields under its own names, the certificate in the data. */
function clusterInfo(cluster: ClusterEntry | undefined): object {
  const { extensions } = (cluster ?? {}) as { extensions?: { name: string; extension: unknown }[] };
  return {
    server: cluster?.server,
    'tls-server-name': cluster?.['tls-server-name'],
    'insecure-skip-tls-verify': cluster?.['insecure-skip-tls-verify'],
    'certificate-authority-data': cluster?.['certificate-authority-data'],
    'proxy-url': cluster?.['proxy-url'],
    config: extensions?.find(({ name }) => name === 'client.authentication.k8s.io/exec')?.extension,
  };
}
