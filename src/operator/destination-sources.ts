// The Secrets and ConfigMaps in the operator's namespace that destinations name: each is watched by its name, and no other is ever read.
import { captureDestinationSpecSchema } from '../api/destination.js';
import type { Kube } from '../kube/kube.js';
import type { Log } from '../kube/log.js';
import type { KubeObject } from '../kube/object.js';
import { CONFIG_MAPS, SECRETS } from '../kube/resources.js';
import type { ConfigMapObject } from '../plan/authorities.js';
import type { DestinationObject } from '../plan/destination.js';
import { authOf } from '../plan/destination-auth.js';
import type { SecretObject } from '../plan/objects.js';
import type { WatchMeter } from './caches.js';
import { referredBy, type Referred } from './destination-secrets.js';
import { SharedWatches, type Known, type Watch } from './shared-watches.js';

type Secret = KubeObject & SecretObject;
type ConfigMap = KubeObject & ConfigMapObject;

/** An annotation may hold all data once more. */
function essence<T extends Secret | ConfigMap>({ metadata: { name, namespace, uid, resourceVersion }, data }: T): T {
  return { metadata: { name, uid, resourceVersion, ...(namespace !== undefined && { namespace }) }, ...(data && { data }) } as T;
}

export class DestinationSources {
  /** By name; users are names of destinations. */
  private readonly secrets: SharedWatches<Secret>;
  private readonly configMaps: SharedWatches<ConfigMap>;

  constructor(kube: Pick<Kube, 'list' | 'watch'>, private readonly namespace: string, log: Log, onChange: () => void, onFailed?: WatchMeter) {
    this.secrets = new SharedWatches<Secret>(kube, log, onChange, onFailed);
    this.configMaps = new SharedWatches<ConfigMap>(kube, log, onChange, onFailed);
  }

  /** Resolves once it is known what this destination refers to; watched from now on. */
  async need({ metadata, spec }: Pick<DestinationObject, 'metadata' | 'spec'>): Promise<void> {
    const { secret, configMap } = namesIn(spec);
    await Promise.all([
      secret !== undefined && this.secrets.need(secret, metadata.name, this.named(SECRETS, secret)),
      configMap !== undefined && this.configMaps.need(configMap, metadata.name, this.named(CONFIG_MAPS, configMap)),
    ]);
  }

  /** Of what this destination named nothing is needed any more but what its spec names now; where it has none, nothing. */
  release(destination: string, spec?: unknown): void {
    const { secret, configMap } = namesIn(spec);
    this.secrets.release(destination, new Set(secret === undefined ? [] : [secret]));
    this.configMaps.release(destination, new Set(configMap === undefined ? [] : [configMap]));
  }

  /** What a spec refers to, of a destination that was asked about; undefined where the spec can't be read. */
  referred(spec: unknown): Referred | undefined {
    return referredBy(spec, { secret: (name) => found(this.secrets.known(name)), configMap: (name) => found(this.configMaps.known(name)) }, this.namespace);
  }

  async stop(): Promise<void> {
    await Promise.all([this.secrets.stop(), this.configMaps.stop()]);
  }

  private named<T extends Secret | ConfigMap>(resource: typeof SECRETS, name: string): Watch<T> {
    return { resource, namespace: this.namespace, fieldSelector: `metadata.name=${name}`, transform: essence };
  }
}

function namesIn(spec: unknown): { secret?: string; configMap?: string } {
  const parsed = captureDestinationSpecSchema.safeParse(spec);
  if (!parsed.success) return {};
  const { secretName } = authOf(parsed.data.s3);
  const { tls } = parsed.data.s3;
  return { ...(secretName !== undefined && { secret: secretName }), ...(tls && { configMap: tls.caRef.name }) };
}

const found = <T extends KubeObject>(known: Known<T> | undefined): { object?: T; refusal?: string } => {
  const [object] = known?.store.list() ?? [];
  return { ...(object && { object }), ...(known?.refusal !== undefined && { refusal: known.refusal }) };
};
