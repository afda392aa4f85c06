// The bad network between a client and the API server: counts connections, resets them, lets them go silent, refuses new ones.
import { createServer, connect, type Socket } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';

export interface TcpProxy {
  port: number;
  /** Accepted so far. */
  readonly connections: number;
  /** Open now. */
  readonly open: number;
  /** RST on every open connection. */
  reset(): void;
  /** Open connections stay open, and no byte passes any more: what a half-open socket looks like. */
  stall(): void;
  /** New connections are reset until told otherwise. */
  refuse(refusing: boolean): void;
  stop(): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<[Socket, Socket]>();
  let connections = 0;
  let refusing = false;

  const server = createServer((client) => {
    client.on('error', () => {});
    if (refusing) return void client.resetAndDestroy();
    connections++;
    const upstream = connect(targetPort, '127.0.0.1').on('error', () => client.resetAndDestroy());
    const pair: [Socket, Socket] = [client, upstream];
    pairs.add(pair);
    client.pipe(upstream);
    upstream.pipe(client);
    for (const socket of pair) {
      socket.on('close', () => {
        pairs.delete(pair);
        client.destroy();
        upstream.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    port: (server.address() as { port: number }).port,
    get connections() {
      return connections;
    },
    get open() {
      return pairs.size;
    },
    reset() {
      for (const [client] of pairs) client.resetAndDestroy();
    },
    stall() {
      for (const [client, upstream] of pairs) {
        client.unpipe(upstream).resume();
        upstream.unpipe(client).resume();
      }
    },
    refuse(value) {
      refusing = value;
    },
    async stop() {
      for (const [client] of pairs) client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The same identity, on another address of the API server. */
export function through(port: number, kubeConfig: KubeConfig): KubeConfig {
  const cluster = kubeConfig.getCurrentCluster();
  const user = kubeConfig.getCurrentUser();
  if (!cluster || !user) throw new Error('the kubeconfig has no cluster or user');
  const result = new KubeConfig();
  result.loadFromClusterAndUser({ ...cluster, server: `https://127.0.0.1:${port}` }, user);
  return result;
}
