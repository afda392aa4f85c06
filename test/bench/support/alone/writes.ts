// What one user wrote, counted by the API server's own audit log.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface WriteLog {
  flags: string[];
  /** So far, by verb and resource: `patch packetcaptures/status`. Refused ones count too. */
  counts(): Promise<Map<string, number>>;
  remove(): Promise<void>;
}

/** An operator's own, whatever it operates on. */
const NOT_OF_CAPTURES = /leases|clustercapturedestinations/;

export async function writeLogOf(user: string): Promise<WriteLog> {
  const folder = await mkdtemp(path.join(tmpdir(), 'writes-'));
  const [policy, log] = [path.join(folder, 'policy.json'), path.join(folder, 'audit.log')];
  const rules = [{ level: 'Metadata', users: [user], verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'] }, { level: 'None' }];
  await writeFile(policy, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages: ['RequestReceived', 'ResponseStarted'], rules }));
  return {
    flags: [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`, '--audit-log-mode=blocking'],
    async counts() {
      const counts = new Map<string, number>();
      for (const line of (await readFile(log, 'utf8').catch(() => '')).split('\n')) {
        if (!line.endsWith('}')) continue;
        const { verb, objectRef: { resource, subresource } = {} } = JSON.parse(line) as { verb: string; objectRef?: { resource: string; subresource?: string } };
        const key = `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
        if (!NOT_OF_CAPTURES.test(key)) counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      return counts;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
