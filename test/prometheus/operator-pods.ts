// How a Prometheus outside of the cluster scrapes the operator's pods: through the API server, which reaches pods that this machine need not.
import { execFileSync } from 'node:child_process';
import { KubeConfig } from '@kubernetes/client-node';
import { createKube } from '../../src/kube/client.js';
import { PODS } from '../../src/kube/resources.js';
import type { PrometheusOptions } from './prometheus.js';

const NAMESPACE = 'packetcapture-system';
const LABEL = 'app.kubernetes.io/name=packetcapture-operator';
const PORT = 'metrics';

interface Pod {
  metadata: { name: string };
  spec: { containers: { ports?: { name?: string; containerPort: number }[] }[] };
  status?: { phase?: string };
}

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data'?: string } }[];
  users: { user: { 'client-certificate-data'?: string; 'client-key-data'?: string; token?: string } }[];
}

/**
 * All but the rules of a Prometheus that sees them come and go, with the labels that the Prometheus operator would give them.
 * `kubeconfigPath`: of one who may list the pods and get what they serve.
 */
export function operatorPods(kubeconfigPath = process.env['KUBECONFIG'] ?? ''): Pick<PrometheusOptions, 'targets' | 'scrape' | 'files'> {
  const { clusters, users } = JSON.parse(execFileSync('kubectl', ['--kubeconfig', kubeconfigPath, 'config', 'view', '--minify', '--flatten', '--raw', '-o', 'json'], { encoding: 'utf8' })) as Kubeconfig;
  const [cluster, user] = [clusters[0]?.cluster, users[0]?.user ?? {}];
  if (!cluster) throw new Error(`${kubeconfigPath} names no cluster`);
  const data = { 'ca.crt': cluster['certificate-authority-data'], 'client.crt': user['client-certificate-data'], 'client.key': user['client-key-data'] };
  const files = Object.fromEntries(Object.entries(data).flatMap(([name, base64]) => (base64 === undefined ? [] : [[name, Buffer.from(base64, 'base64').toString()]])));
  const scrape = {
    scheme: 'https',
    tls_config: { ...(files['ca.crt'] !== undefined && { ca_file: 'ca.crt' }), ...(files['client.crt'] !== undefined && { cert_file: 'client.crt', key_file: 'client.key' }) },
    ...(user.token !== undefined && { authorization: { credentials: user.token } }),
  };

  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(kubeconfigPath);
  const kube = createKube(kubeConfig, { userAgent: 'test/1' });
  const { host } = new URL(cluster.server);
  const targets = async (): Promise<{ targets: string[]; labels: Record<string, string> }[]> => {
    const pods = (await kube.list(PODS, NAMESPACE, { labelSelector: LABEL })).items as unknown as Pod[];
    return pods.filter(({ status }) => status?.phase === 'Running').flatMap(({ metadata: { name }, spec }) => {
      const port = spec.containers.flatMap(({ ports = [] }) => ports).find((p) => p.name === PORT)?.containerPort;
      const __metrics_path__ = `/api/v1/namespaces/${NAMESPACE}/pods/${name}:${port}/proxy/metrics`;
      return port === undefined ? [] : [{ targets: [host], labels: { __metrics_path__, namespace: NAMESPACE, pod: name, instance: `${name}:${port}` } }];
    });
  };
  return { targets, scrape, files };
}
