// Where a secret stands that must stand nowhere: what the operator and its agents write, and what every process of the nodes shows of itself.
// The sandbox's nodes share this machine's processes.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { content, objects } from './bucket.js';
import { JOBS_NAMESPACE } from './captures.js';
import { kubectl } from './kubectl.js';

const SYSTEM_NAMESPACE = 'packetcapture-system';

/** Places and what is written there. */
type Writings = [place: string, text: string][];

/** What a secret may look like: itself, as Secrets hold it, as it stands in a URL. */
const looksOf = (secret: string): string[] => [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)];

const holding = (writings: Writings, secrets: string[]): string[] => writings.filter(([, text]) => secrets.flatMap(looksOf).some((look) => text.includes(look))).map(([place]) => place);

const readOr = (path: string): string => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
};

function processes(): Writings {
  const ids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return ids.flatMap((id): Writings => ['cmdline', 'environ'].map((file) => [`${file} of ${readOr(`/proc/${id}/comm`).trim()}`, readOr(`/proc/${id}/${file}`)]));
}

/** The agent of a run: the process that was given its configuration. */
function agentOf(runID: string): string | undefined {
  return readdirSync('/proc').find((id) => /^\d+$/.test(id) && /^PACKETCAPTURE_JOB=/m.test(readOr(`/proc/${id}/environ`).replaceAll('\0', '\n')) && readOr(`/proc/${id}/environ`).includes(runID) && readlinkSync(`/proc/${id}/exe`).endsWith('node'));
}

function files(folder: string): Writings {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => [join(entry.parentPath, entry.name), readOr(join(entry.parentPath, entry.name))]);
}

async function cluster(namespace: string): Promise<Writings> {
  const kinds = 'packetcaptures.packetcapture.dev,events,jobs,pods,configmaps';
  const asked = [namespace, JOBS_NAMESPACE, SYSTEM_NAMESPACE].map(async (n): Promise<Writings[number]> => [`objects of ${n}`, await kubectl(['get', kinds, '-n', n, '-o', 'json'])]);
  const cluster = [kubectl(['get', 'clustercapturedestinations.packetcapture.dev', '-o', 'json']), kubectl(['get', 'events', '-n', 'default', '-o', 'json'])].map(async (text, n): Promise<Writings[number]> => [['destinations', 'Events of destinations'][n] as string, await text]);
  return Promise.all([...asked, ...cluster]);
}

/** A pod that an upgrade has just ended has no log any more. */
async function logs(selector: string): Promise<Writings> {
  const of = async (namespace: string, ...args: string[]): Promise<Writings[number]> => [`logs of ${namespace}`, await kubectl(['logs', '-n', namespace, '--tail=-1', '--prefix', '--ignore-errors', ...args])];
  return Promise.all([of(SYSTEM_NAMESPACE, '-l', 'app.kubernetes.io/name=packetcapture-operator'), of(JOBS_NAMESPACE, '-l', selector)]);
}

/** What is in the bucket, but for packets: manifests and their segments. */
async function manifests(prefix: string, bucket: string): Promise<Writings> {
  const keys = (await objects(prefix, bucket)).map(({ key }) => key).filter((key) => key.endsWith('.json'));
  return Promise.all(keys.map(async (key): Promise<Writings[number]> => [key, (await content(key, bucket)).toString('latin1')]));
}

export interface Hunt {
  /** Places that hold a secret and must not. */
  found: string[];
  /** How many places were looked at. */
  looked: number;
  /** Whether the agent's own mounted keys were recognised by the same look: it can find. */
  finds: boolean;
}

/** Looks for secrets while the agent of `runID` is there. */
export async function huntFor(secrets: string[], { namespace, runID, bucket, prefix }: { namespace: string; runID: string; bucket: string; prefix: string }): Promise<Hunt> {
  const agent = agentOf(runID);
  if (agent === undefined) throw new Error(`no agent of run ${runID} among the processes`);
  const root = `/proc/${agent}/root`;
  const mounted = files(`${root}/run/packetcapture/credentials/..data/`);
  const writings = [
    ...processes(),
    ...files(`${root}/spool`),
    ...files(`${root}/tmp`),
    ...(await cluster(namespace)),
    ...(await logs(`packetcapture.dev/run-id=${runID}`)),
    ...(await manifests(prefix, bucket)),
  ];
  return { found: holding(writings, secrets), looked: writings.length, finds: holding(mounted, secrets).length > 0 };
}
