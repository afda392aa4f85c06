// Reconciles the list of leftovers: sends a sweep Job to each node that is due and ready, and tells what it removed. The key is always the same.
import { LABEL } from '../api/group.js';
import { isAlreadyExists } from '../kube/errors.js';
import type { EventRecorder } from '../kube/events.js';
import type { Kube } from '../kube/kube.js';
import type { Log } from '../kube/log.js';
import { objectKey, type KubeObject, type NewObject } from '../kube/object.js';
import { CONFIG_MAPS, JOBS, NODES } from '../kube/resources.js';
import type { HandlerResult } from '../kube/work-queue.js';
import type { PlanConfig } from '../plan/config.js';
import { entryOf, type LeftoverEntry } from '../plan/leftovers.js';
import { sweepJobName } from '../plan/names.js';
import type { JobObject, NodeObject } from '../plan/objects.js';
import type { RecordConfigMap } from '../plan/record.js';
import { buildSweepJob, isDue, planSweep, sweepConfig, type SweepStep } from '../plan/sweep.js';
import type { SweepResult } from '../protocol/sweep.js';
import type { Caches } from './caches.js';
import type { Leftovers } from './leftovers.js';

export const SWEEP_KEY = 'sweep';

export interface SweepEffects {
  kube: Kube;
  config: PlanConfig;
  caches: Pick<Caches, 'jobs' | 'pods'>;
  leftovers: Leftovers;
  events: EventRecorder;
  log: Log;
  now: () => number;
}

/** The Jobs are watched, the list is not: whoever writes it by hand waits for so long. */
const LONGEST_WAIT_MS = 3_600_000;

export class SweepController {
  constructor(private readonly effects: SweepEffects) {}

  async reconcile(): Promise<HandlerResult> {
    const { data } = await this.effects.leftovers.list();
    let lookAgainMs: number | undefined;
    for (const [node, text] of Object.entries(data)) {
      const waitMs = await this.reconcileNode(node, text, entryOf(data, node));
      if (waitMs !== undefined) lookAgainMs = Math.min(lookAgainMs ?? LONGEST_WAIT_MS, waitMs);
    }
    return { requeueAfterMs: lookAgainMs ?? LONGEST_WAIT_MS };
  }

  private async reconcileNode(node: string, text: string, entry: LeftoverEntry | undefined): Promise<number | undefined> {
    const { leftovers, log } = this.effects;
    if (!entry) {
      log.warn({ node }, 'an entry of the leftovers is unreadable and dropped');
      await leftovers.settle(node, text, undefined);
      return undefined;
    }
    const step = await this.decide(node, entry);
    switch (step.do) {
      case 'wait':
        return step.forMs;
      case 'forget':
        log.info({ node, entry }, 'leftovers forgotten: their node does not come back');
        await leftovers.settle(node, text, undefined);
        return undefined;
      case 'send':
        await this.send(node);
        return LONGEST_WAIT_MS;
      case 'end':
        await this.end(node, text, step.result, step.dueTime);
        return LONGEST_WAIT_MS;
      default:
        return step satisfies never;
    }
  }

  private async decide(name: string, entry: LeftoverEntry): Promise<SweepStep> {
    const { kube, config, caches } = this.effects;
    const now = this.effects.now();
    const jobName = sweepJobName(name);
    const job = caches.jobs.store.get(objectKey(config.jobsNamespace, jobName)) as JobObject | undefined;
    const pods = job ? caches.pods.store.list().filter((pod) => pod.metadata.labels?.['job-name'] === jobName) : [];
    const node = !job && isDue({ entry, now }) ? ((await kube.get(NODES, undefined, name)) as NodeObject | undefined) : undefined;
    return planSweep({ now, config, entry, job, pods, node });
  }

  private async send(node: string): Promise<void> {
    const { kube, config, log } = this.effects;
    const job = buildSweepJob(node, sweepConfig(await this.records(), config), config);
    try {
      await kube.create(JOBS, config.jobsNamespace, job as NewObject);
      log.info({ node }, 'sweep sent');
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }

  /** Read live: what a stale list does not know would be removed. */
  private async records(): Promise<RecordConfigMap[]> {
    const { kube, config } = this.effects;
    const found: RecordConfigMap[] = [];
    let next: string | undefined;
    do {
      const page = await kube.list<KubeObject>(CONFIG_MAPS, config.jobsNamespace, { labelSelector: `${LABEL.component}=run-record`, limit: 100, continue: next });
      found.push(...(page.items as RecordConfigMap[]));
      next = page.continue;
    } while (next !== undefined);
    return found;
  }

  /** The Job goes before the entry: a kill in between sweeps once more, and finds nothing. */
  private async end(node: string, text: string, result: SweepResult | undefined, dueTime: string | undefined): Promise<void> {
    const { kube, config, caches, leftovers, events, log } = this.effects;
    if (!result) log.warn({ node, dueTime }, 'a sweep did not end well');
    else {
      const { spools, files, packets, bytes } = result.removed;
      log[result.errors.length > 0 ? 'warn' : 'info']({ node, ...result }, 'node swept');
      if (spools > 0) events.event({ apiVersion: 'v1', kind: 'Node', name: node, uid: node }, 'Normal', 'LeftoversRemoved', `removed ${spools} packet capture spools that were nobody's any more: ${files} files, ${bytes} bytes, ${packets} packets that were not delivered`);
    }
    const job = caches.jobs.store.get(objectKey(config.jobsNamespace, sweepJobName(node)));
    if (job) await kube.remove(JOBS, config.jobsNamespace, job.metadata.name, { uid: job.metadata.uid, propagationPolicy: 'Background' });
    await leftovers.settle(node, text, dueTime);
  }
}
