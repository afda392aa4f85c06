// A real API server for a test: etcd and kube-apiserver on loopback, from the folder that envtest's KUBEBUILDER_ASSETS names.
import { access, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { createAuthority, type Authority } from './api-server/authority.js';
import { Daemon } from './api-server/daemon.js';
import { kubectl, writeKubeconfig } from './api-server/kubeconfig.js';
import { getWithCertificate } from './api-server/readiness.js';

export interface Identity {
  kubeConfig: KubeConfig;
  kubeconfigPath: string;
}

export interface ApiServer extends Identity {
  /** On loopback. */
  port: number;
  /** What etcd answers on, for tests that reach behind the API server's back. */
  etcdURL: string;
  /** A client certificate for this user; it may do what RBAC objects of the test allow. */
  addUser(name: string, groups?: string[]): Promise<Identity>;
  /** `kubectl` as admin; returns what it printed. */
  kubectl(args: string[], stdin?: string): Promise<string>;
  /** kubectl apply of files or kustomizations (`-k`, when the folder has one). */
  apply(...files: string[]): Promise<string>;
  /** Stops the API server alone; etcd and all objects stay. */
  halt(): Promise<void>;
  /** Starts it again on the same port. */
  resume(): Promise<void>;
  stop(): Promise<void>;
}

export async function startApiServer({ flags = [] }: { flags?: string[] } = {}): Promise<ApiServer> {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  if (!assets) throw new Error('KUBEBUILDER_ASSETS is not set: name a folder with etcd, kube-apiserver and kubectl, for example with `eval "$(hack/sandbox/sandbox env)"`');
  const binary = (name: string): string => path.join(assets, name);
  for (const name of ['etcd', 'kube-apiserver', 'kubectl']) {
    await access(binary(name)).catch(() => {
      throw new Error(`KUBEBUILDER_ASSETS=${assets} holds no ${name}: it needs etcd, kube-apiserver and kubectl`);
    });
  }

  const folder = await mkdtemp(path.join(tmpdir(), 'api-server-'));
  const [port, etcdPort, etcdPeerPort] = await freePorts();
  const url = `https://127.0.0.1:${port}`;
  const etcdURL = `http://127.0.0.1:${etcdPort}`;
  const etcdPeerURL = `http://127.0.0.1:${etcdPeerPort}`;

  const etcd = new Daemon(binary('etcd'), [
    `--data-dir=${path.join(folder, 'etcd')}`,
    `--listen-client-urls=${etcdURL}`,
    `--advertise-client-urls=${etcdURL}`,
    `--listen-peer-urls=${etcdPeerURL}`,
    `--initial-advertise-peer-urls=${etcdPeerURL}`,
    `--initial-cluster=default=${etcdPeerURL}`,
    '--logger=zap',
  ], folder);

  const authority: Authority = await createAuthority(folder);
  const server = await authority.issue('kube-apiserver', { addresses: ['IP:127.0.0.1', 'DNS:localhost', 'DNS:kubernetes.default.svc'] });
  const admin = await authority.issue('admin', { groups: ['system:masters'] });
  const apiServer = new Daemon(binary('kube-apiserver'), [
    `--etcd-servers=${etcdURL}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${path.join(folder, 'self-signed')}`,
    `--tls-cert-file=${server.certFile}`,
    `--tls-private-key-file=${server.keyFile}`,
    `--client-ca-file=${authority.caFile}`,
    '--authorization-mode=RBAC',
    // No controller manager runs here to make service accounts, and a pod without one would be refused.
    '--disable-admission-plugins=ServiceAccount',
    `--service-account-issuer=${url}`,
    `--service-account-key-file=${server.certFile}`,
    `--service-account-signing-key-file=${server.keyFile}`,
    '--service-cluster-ip-range=10.96.0.0/24',
    // An endpoint on loopback is invalid; nobody asks for it.
    '--endpoint-reconciler-type=none',
    ...flags,
  ], folder);

  async function identity(name: string, certificate: { certFile: string; keyFile: string }): Promise<Identity> {
    const kubeconfigPath = await writeKubeconfig(path.join(folder, `${name}.kubeconfig`), { url, caFile: authority.caFile, user: name, ...certificate });
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(kubeconfigPath);
    return { kubeConfig, kubeconfigPath };
  }
  const adminIdentity = await identity('admin', admin);

  const ask = async (askedPath: string): Promise<boolean> => (await getWithCertificate(`${url}${askedPath}`, { caFile: authority.caFile, ...admin })) === 200;
  async function startServing(): Promise<void> {
    apiServer.start();
    await apiServer.until('ready', async () => (await ask('/readyz')) && (await ask('/api/v1/namespaces/default')));
  }

  async function stop(): Promise<void> {
    await apiServer.stop();
    await etcd.stop();
    await rm(folder, { recursive: true, force: true });
  }

  try {
    etcd.start();
    await etcd.until('healthy', async () => (await fetch(`${etcdURL}/health`)).ok);
    await startServing();
  } catch (error) {
    await stop();
    throw error;
  }

  const run = (args: string[], stdin?: string): Promise<string> => kubectl(binary('kubectl'), adminIdentity.kubeconfigPath, folder, args, stdin);
  return {
    ...adminIdentity,
    port,
    etcdURL,
    addUser: async (name, groups = []) => identity(name, await authority.issue(name, { groups })),
    kubectl: run,
    async apply(...files) {
      const printed: string[] = [];
      for (const file of files) {
        const kustomized = await access(path.join(file, 'kustomization.yaml')).then(() => true, () => false);
        printed.push(await run(['apply', kustomized ? '-k' : '-f', file]));
      }
      return printed.join('');
    },
    halt: () => apiServer.stop(),
    resume: startServing,
    stop,
  };
}

/** All bound at once, so that no two are the same. */
async function freePorts(): Promise<[number, number, number]> {
  const servers = await Promise.all(
    [1, 2, 3].map(() => new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
      const server = createServer().once('error', reject).listen(0, '127.0.0.1', () => resolve(server));
    })),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports as never;
}
