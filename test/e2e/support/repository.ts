// A Git repository of captures and the tool that keeps the cluster like it: server-side apply of all of it, with force, every two seconds.
import { setTimeout as pause } from 'node:timers/promises';
import { captureObject } from './captures.js';
import { kubectl } from './kubectl.js';

const MANAGER = 'kustomize-controller';
const EVERY_MS = 2000;

/** What Flux and Argo CD put on every object that they apply, as they do. */
export const TRACKING = {
  labels: { 'kustomize.toolkit.fluxcd.io/name': 'captures', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system', 'app.kubernetes.io/instance': 'captures' },
  annotations: (namespace: string, name: string) => ({ 'argocd.argoproj.io/tracking-id': `captures:packetcapture.dev/PacketCapture:${namespace}/${name}`, 'argocd.argoproj.io/sync-options': 'Prune=true' }),
};

interface Manifest {
  spec: object;
  annotations?: Record<string, string>;
}

export class Repository {
  private readonly manifests = new Map<string, Manifest>();
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  /** How often all of it was applied. */
  applied = 0;
  /** What kubectl said when it could not. */
  readonly failures: string[] = [];

  constructor(private readonly namespace: string) {}

  commit(name: string, spec: object, annotations: Record<string, string> = {}): void {
    this.manifests.set(name, { spec, annotations });
  }

  /** Removed from Git, and pruned. */
  async remove(name: string): Promise<void> {
    this.manifests.delete(name);
    await kubectl(['delete', 'packetcaptures.packetcapture.dev', name, '-n', this.namespace, '--wait=false']);
  }

  sync(): void {
    const { signal } = this.stopping;
    this.running = (async () => {
      while (!signal.aborted) {
        await this.apply().catch((error: Error) => this.failures.push(error.message));
        await pause(EVERY_MS, undefined, { signal }).catch(() => undefined);
      }
    })();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** What an apply would change of what is in the cluster; empty where nothing. */
  drift(): Promise<string> {
    return kubectl(['diff', '--server-side', '--force-conflicts', `--field-manager=${MANAGER}`, '-f', '-'], this.text()).then(
      () => '',
      (error: Error) => error.message,
    );
  }

  private async apply(): Promise<void> {
    await kubectl(['apply', '--server-side', '--force-conflicts', `--field-manager=${MANAGER}`, '-f', '-'], this.text());
    this.applied += 1;
  }

  private text(): string {
    const objects = [...this.manifests].map(([name, { spec, annotations }]) => captureObject(this.namespace, name, spec, { labels: TRACKING.labels, annotations: { ...TRACKING.annotations(this.namespace, name), ...annotations } }));
    return objects.map((object) => JSON.stringify(object)).join('\n');
  }
}
