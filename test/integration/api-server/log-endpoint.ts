// The part of a kubelet that `pods/log` needs: an API server fetches logs from a node over HTTPS, and this one answers what it is told.
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createAuthority } from './authority.js';

export interface LogEndpoint {
  port: number;
  /** By the pod's name. */
  logs: Map<string, string>;
  close(): void;
}

/** `logOf`: what is said of a pod that `logs` says nothing of. */
export async function startLogEndpoint(logOf: (pod: string) => string | undefined = () => undefined): Promise<LogEndpoint> {
  const folder = await mkdtemp(path.join(tmpdir(), 'log-endpoint-'));
  const { certFile, keyFile } = await (await createAuthority(folder)).issue('node', { addresses: ['IP:127.0.0.1'] });
  const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
  await rm(folder, { recursive: true });
  const logs = new Map<string, string>();
  const server = createServer({ cert, key }, (request, response) => {
    const [, , , pod = ''] = new URL(request.url ?? '', 'https://node').pathname.split('/');
    response.end(logs.get(pod) ?? logOf(pod) ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    logs,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
