// Which replica acts: the one that holds the operator's Lease, or this process where it is the only one.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { INSTALLATION } from '../api/installation.js';
import { Elector } from '../kube/elector.js';
import type { Kube } from '../kube/kube.js';
import type { Log } from '../kube/log.js';
import type { OperatorConfig } from './config.js';

export const LEASE_NAME = INSTALLATION.operator;

export interface Leadership {
  /** Whether this process may write now. */
  leads(): boolean;
  /** Resolves once this process leads: to false where the signal came first. */
  campaign(signal: AbortSignal): Promise<boolean>;
  /** Resolves, with the reason, when it leads no more and did not want that. */
  lost: Promise<string>;
  /** Lets another lead at once. */
  release(): Promise<void>;
  /** Should have ended so long ago. */
  overdueMs(): number;
}

/** `kube`: one whose writes are never refused. */
export function createLeadership(config: Pick<OperatorConfig, 'election' | 'podName' | 'systemNamespace'>, kube: Kube, log: Log): Leadership {
  const { election, podName, systemNamespace } = config;
  if (!election) return alone();
  // Another one after each start: a container that comes back in its pod is not who held the lease.
  const identity = `${podName ?? hostname()}_${randomUUID()}`;
  return new Elector({ kube, namespace: systemNamespace, name: LEASE_NAME, identity, timing: election, log });
}

const alone = (): Leadership => ({
  leads: () => true,
  campaign: (signal) => Promise.resolve(!signal.aborted),
  lost: new Promise(() => undefined),
  release: () => Promise.resolve(),
  overdueMs: () => 0,
});
