// What an API server says of itself, to whoever is let in: its version, and what it serves of an API group.
import type { KubeConfig } from '@kubernetes/client-node';
import { Deadline } from './deadline.js';
import { errorFromNetwork, errorFromResponse, isNotFound } from './errors.js';
import { httpsTransport } from './transport.js';

export interface ServerVersion {
  gitVersion: string;
  major: number;
  minor: number;
}

export interface Discovery {
  version(): Promise<ServerVersion>;
  /** Plural names; undefined where the group is not served in this version. */
  resources(group: string, version: string): Promise<string[] | undefined>;
}

const TIMEOUT_MS = 15_000;

/** Each call throws a KubeError. */
export function createDiscovery(kubeConfig: KubeConfig, { userAgent, signal }: { userAgent: string; signal?: AbortSignal }): Discovery {
  const transport = httpsTransport(kubeConfig);

  async function read<T>(path: string): Promise<T> {
    const deadline = new Deadline(TIMEOUT_MS, signal);
    try {
      const { status, headers, body } = await transport.send({ method: 'GET', path, headers: { 'User-Agent': userAgent, Accept: 'application/json' }, signal: deadline.signal });
      const chunks: Buffer[] = [];
      for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString('utf8');
      if (status !== 200) throw errorFromResponse(status, text, headers['retry-after']);
      return JSON.parse(text) as T;
    } catch (error) {
      throw deadline.explain() ?? errorFromNetwork(error);
    } finally {
      deadline.end();
    }
  }

  return {
    async version() {
      const { gitVersion, major, minor } = await read<{ gitVersion: string; major: string; minor: string }>('/version');
      // Vendors write "20+".
      return { gitVersion, major: Number.parseInt(major, 10), minor: Number.parseInt(minor, 10) };
    },
    async resources(group, version) {
      const list = await read<{ resources: { name: string }[] }>(`/apis/${group}/${version}`).catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
      return list?.resources.map(({ name }) => name).filter((name) => !name.includes('/'));
    },
  };
}
