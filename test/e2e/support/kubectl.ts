// kubectl, as a user types it; the cluster is that of KUBECONFIG.
import { execFile } from 'node:child_process';

export class KubectlError extends Error {}

/** stdout of one command. Rejects with what kubectl said. */
export function kubectl(args: string[], input?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile('kubectl', args, { maxBuffer: 64 * 2 ** 20, timeout: 180_000 }, (error, stdout, stderr) => {
      if (error) reject(new KubectlError(`kubectl ${args.join(' ')}: ${stderr.trim() || error.message}`));
      else resolve(stdout);
    });
    if (input !== undefined) child.stdin?.end(input);
  });
}

export const apply = (...objects: object[]): Promise<string> => kubectl(['apply', '-f', '-'], objects.map((object) => JSON.stringify(object)).join('\n'));

/** undefined where there is none. */
export async function get<T>(resource: string, namespace: string | undefined, name: string): Promise<T | undefined> {
  const text = await kubectl(['get', resource, name, ...inNamespace(namespace), '--ignore-not-found', '-o', 'json']);
  return text === '' ? undefined : (JSON.parse(text) as T);
}

export async function list<T>(resource: string, namespace: string, selector?: string): Promise<T[]> {
  const text = await kubectl(['get', resource, '-n', namespace, ...(selector === undefined ? [] : ['-l', selector]), '-o', 'json']);
  return (JSON.parse(text) as { items: T[] }).items;
}

export const inNamespace = (namespace: string | undefined): string[] => (namespace === undefined ? [] : ['-n', namespace]);
