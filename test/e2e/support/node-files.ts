// What lies in the spool folders of the nodes, seen by pods of our own that mount them.
import { eventually } from '../../integration/eventually.js';
import { apply, kubectl } from './kubectl.js';
import { exec, IDLE, NODES, pod, runningPodIP } from './workload.js';

const NAMESPACE = 'packetcapture-e2e-nodes';
const watcher = (node: string): string => `watcher-${node}`;

export async function watchSpools(): Promise<void> {
  for (const node of NODES) {
    const spool = { volumes: [{ name: 'spool', hostPath: { path: '/var/lib/packetcapture', type: 'DirectoryOrCreate' } }] };
    const object = pod(NAMESPACE, watcher(node), IDLE, { node, spec: spool, container: { volumeMounts: [{ name: 'spool', mountPath: '/spools', readOnly: true }] } });
    // Refused as long as the namespace has no service account, or an earlier one of its name is being deleted.
    await eventually(`pod ${watcher(node)} is taken`, async () => (await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }), await apply(object), true), { timeoutMs: 60_000, everyMs: 500 });
  }
  await Promise.all(NODES.map((node) => runningPodIP(NAMESPACE, watcher(node))));
}

/** Files (not folders) of a capture's runs, on every node, with their sizes in bytes. */
export async function spoolFiles(captureUID: string): Promise<{ node: string; path: string; size: number }[]> {
  const found = await Promise.all(
    NODES.map(async (node) => {
      const text = await exec(NAMESPACE, watcher(node), ['sh', '-c', 'find /spools -type f -exec stat -c "%s %n" {} +; true']);
      return text.split('\n').filter((line) => line.includes(captureUID)).map((line) => ({ node, size: Number(line.split(' ')[0]), path: line.slice(line.indexOf(' ') + 1) }));
    }),
  );
  return found.flat();
}

export const stopSpoolWatch = (): Promise<string> => kubectl(['delete', 'namespace', NAMESPACE, '--wait=false']);
