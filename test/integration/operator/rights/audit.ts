// What an API server was asked by one user, and what it answered: from its own audit log.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface Asked {
  verb: string;
  /** `jobs.batch`, `pods/log`. */
  resource: string;
  namespace: string | undefined;
  /** Of the object, or the one that a list or watch is narrowed to. */
  name: string | undefined;
  allowed: boolean;
  /** The role that allowed it. */
  by: string | undefined;
}

export interface Audit {
  flags: string[];
  /** All requests so far, oldest first. */
  asked(): Promise<Asked[]>;
  remove(): Promise<void>;
}

interface AuditEvent {
  verb: string;
  requestURI: string;
  objectRef?: { name?: string; resource?: string; subresource?: string; namespace?: string; apiGroup?: string };
  annotations?: Record<string, string>;
}

export async function auditOf(user: string): Promise<Audit> {
  const folder = await mkdtemp(path.join(tmpdir(), 'audit-'));
  const [policy, log] = [path.join(folder, 'policy.json'), path.join(folder, 'audit.log')];
  await writeFile(policy, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages: ['RequestReceived'], rules: [{ level: 'Metadata', users: [user] }, { level: 'None' }] }));
  return {
    flags: [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`, '--audit-log-mode=blocking'],
    remove: () => rm(folder, { recursive: true, force: true }),
    async asked() {
      const text = await readFile(log, 'utf8').catch(() => '');
      return text.split('\n').filter((line) => line.endsWith('}')).flatMap((line) => askedBy(JSON.parse(line) as AuditEvent) ?? []);
    },
  };
}

function askedBy({ verb, requestURI, objectRef, annotations = {} }: AuditEvent): Asked | undefined {
  if (!objectRef?.resource) return undefined;
  const { resource, subresource, namespace, apiGroup } = objectRef;
  const role = /of (Role|ClusterRole) "([^"]+)"/.exec(annotations['authorization.k8s.io/reason'] ?? '')?.[2];
  return {
    verb,
    resource: `${resource}${apiGroup ? `.${apiGroup}` : ''}${subresource ? `/${subresource}` : ''}`,
    namespace,
    name: objectRef.name ?? /fieldSelector=metadata\.name%3D([^&]+)/.exec(requestURI)?.[1],
    allowed: annotations['authorization.k8s.io/decision'] === 'allow',
    by: role,
  };
}
