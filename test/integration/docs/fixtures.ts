// The objects that commands of the documentation are about, made as they are named.
import { API_VERSION } from '../../../src/api/group.js';
import { CAPTURE_DOWNLOADS, CLUSTER_CAPTURE_DESTINATIONS, PACKET_CAPTURES } from '../../../src/api/kinds.js';
import { CONDITION } from '../../../src/api/reasons.js';
import { isAlreadyExists, isConflict } from '../../../src/kube/errors.js';
import type { Kube } from '../../../src/kube/kube.js';
import { CONFIG_MAPS, DAEMON_SETS, DEPLOYMENTS, JOBS, LEASES, NAMESPACES, NODES, PODS, SECRETS, SERVICE_ACCOUNTS, SERVICES, STATEFUL_SETS, type Resource } from '../../../src/kube/resources.js';

interface Fixture {
  names: string[];
  resource: Resource;
  object: object;
}

const containers = [{ name: 'main', image: 'shown' }];
const template = { metadata: { labels: { app: 'shown' } }, spec: { containers } };

const FIXTURES: Fixture[] = [
  { names: ['packetcapture', 'packetcaptures', 'pktcap'], resource: PACKET_CAPTURES, object: { apiVersion: API_VERSION, kind: 'PacketCapture', spec: { target: { podName: 'web-0' } } } },
  { names: ['clustercapturedestination', 'clustercapturedestinations'], resource: CLUSTER_CAPTURE_DESTINATIONS, object: { apiVersion: API_VERSION, kind: 'ClusterCaptureDestination', spec: { s3: { bucket: 'captures', auth: { secretRef: { name: 'shown' } } } } } },
  { names: ['capturedownload', 'capturedownloads'], resource: CAPTURE_DOWNLOADS, object: { apiVersion: API_VERSION, kind: 'CaptureDownload', spec: { captureName: 'shown' } } },
  { names: ['pod', 'pods', 'po'], resource: PODS, object: { apiVersion: 'v1', kind: 'Pod', spec: { containers } } },
  { names: ['node', 'nodes', 'no'], resource: NODES, object: { apiVersion: 'v1', kind: 'Node' } },
  { names: ['namespace', 'namespaces', 'ns'], resource: NAMESPACES, object: { apiVersion: 'v1', kind: 'Namespace' } },
  { names: ['secret', 'secrets'], resource: SECRETS, object: { apiVersion: 'v1', kind: 'Secret' } },
  { names: ['configmap', 'configmaps', 'cm'], resource: CONFIG_MAPS, object: { apiVersion: 'v1', kind: 'ConfigMap' } },
  { names: ['service', 'services', 'svc'], resource: SERVICES, object: { apiVersion: 'v1', kind: 'Service', spec: { selector: { app: 'shown' }, ports: [{ port: 80 }] } } },
  { names: ['deployment', 'deployments', 'deploy'], resource: DEPLOYMENTS, object: { apiVersion: 'apps/v1', kind: 'Deployment', spec: { selector: { matchLabels: { app: 'shown' } }, template } } },
  { names: ['statefulset', 'statefulsets', 'sts'], resource: STATEFUL_SETS, object: { apiVersion: 'apps/v1', kind: 'StatefulSet', spec: { serviceName: 'shown', selector: { matchLabels: { app: 'shown' } }, template } } },
  { names: ['daemonset', 'daemonsets', 'ds'], resource: DAEMON_SETS, object: { apiVersion: 'apps/v1', kind: 'DaemonSet', spec: { selector: { matchLabels: { app: 'shown' } }, template } } },
  { names: ['serviceaccount', 'serviceaccounts', 'sa'], resource: SERVICE_ACCOUNTS, object: { apiVersion: 'v1', kind: 'ServiceAccount' } },
  { names: ['job', 'jobs'], resource: JOBS, object: { apiVersion: 'batch/v1', kind: 'Job', spec: { template: { ...template, spec: { containers, restartPolicy: 'Never' } } } } },
  { names: ['lease', 'leases'], resource: LEASES, object: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' } },
];

/** Every condition True: whoever waits for one has it. */
const conditions = Object.values(CONDITION).map((type) => ({ type, status: 'True', reason: 'Shown', message: 'shown', lastTransitionTime: '2026-11-20T03:05:12Z' }));

export class Fixtures {
  private readonly made = new Map<string, Promise<void>>();

  constructor(private readonly kube: Kube) {}

  namespace(name: string): Promise<void> {
    return this.once(`namespace ${name}`, () => this.create(NAMESPACES, undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
  }

  /** Throws where it does not know the kind. */
  async object(kind: string, name: string, namespace = 'default'): Promise<void> {
    const fixture = FIXTURES.find(({ names }) => names.includes(kind.toLowerCase().split('.')[0] ?? ''));
    if (fixture === undefined) throw new Error(`${kind}: the test has no such object; add one to FIXTURES`);
    const { resource, object } = fixture;
    if (resource.namespaced) await this.namespace(namespace);
    await this.once(`${resource.plural} ${namespace}/${name}`, async () => {
      const lower = name.toLowerCase();
      const place = resource.namespaced ? namespace : undefined;
      await this.create(resource, place, { ...object, metadata: { name: lower } });
      if (resource.group === PACKET_CAPTURES.group) await this.kube.patch(resource, place, lower, { status: { conditions } }, { type: 'merge', subresource: 'status' });
    });
  }

  private once(key: string, make: () => Promise<void>): Promise<void> {
    const made = this.made.get(key) ?? make();
    this.made.set(key, made);
    return made;
  }

  private async create(resource: Resource, namespace: string | undefined, object: object): Promise<void> {
    await this.kube.create(resource, namespace, object as never).catch((error: unknown) => {
      if (!isConflict(error) && !isAlreadyExists(error)) throw error;
    });
  }
}
