// The session that the global flags ask for.
import { systemClock } from '../kube/clock.js';
import { createKube } from '../kube/client.js';
import { loadKubeconfig } from '../kube/kubeconfig.js';
import type { GlobalFlags } from './flags.js';
import { knowingWhatIsInstalled } from './installed.js';
import type { Io } from './io.js';
import type { Session } from './session.js';
import { VERSION } from './version.js';

/** `signal` gives up every call that has none of its own. Throws what is wrong with the kubeconfig. */
export function openSession(flags: GlobalFlags, io: Io, signal = io.signal): Session {
  const kubeConfig = loadKubeconfig(flags, io.env);
  const timeoutMs = flags.requestTimeout === 0 ? Infinity : flags.requestTimeout;
  const kube = createKube(kubeConfig, { userAgent: `kubectl-pktcap/${VERSION}`, clock: systemClock, signal, ...(timeoutMs !== undefined && { timeoutMs }) });
  const namespace = flags.namespace ?? kubeConfig.getContextObject(kubeConfig.getCurrentContext())?.namespace?.trim() ?? 'default';
  return { io, kubeConfig, namespace, kube: knowingWhatIsInstalled(kube, kubeConfig.getCurrentCluster()?.server ?? '') };
}
