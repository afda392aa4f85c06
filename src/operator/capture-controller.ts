// Reconciles one capture: observe → plan → act. The key is the capture's UID, so that a re-created object never meets the old one's runs.
import type { Log } from '../kube/log.js';
import type { HandlerResult } from '../kube/work-queue.js';
import { planCapture, type Plan } from '../plan/plan.js';
import { act, type Effects } from './act.js';
import { observe, type Senses } from './observe.js';

export class CaptureController {
  constructor(
    private readonly senses: Senses,
    private readonly effects: Effects,
    private readonly log: Log,
  ) {}

  async reconcile(uid: string): Promise<HandlerResult> {
    const { world, known } = await observe(uid, this.senses);
    if (world.recordProblem !== undefined) this.log.error({ uid, problem: world.recordProblem }, 'run record unreadable');
    const plan = planCapture(world);
    const { lookAgainMs } = await act(plan, known, this.effects);
    if (plan.lookAgainMs === undefined) this.release(uid, world.capture === undefined, plan);
    const name = world.capture?.metadata ?? plan.record?.capture;
    this.log.debug({ capture: name && `${name.namespace}/${name.name}`, uid, run: plan.record?.run.id, phase: plan.status?.phase, lookAgainMs }, 'reconciled');
    return { requeueAfterMs: lookAgainMs };
  }

  /** Nothing is kept for a capture that needs nothing more. */
  private release(uid: string, isGone: boolean, { record }: Plan): void {
    this.senses.targetPods.release(uid);
    this.senses.workloads.release(uid);
    this.senses.reports.forget(uid);
    for (const node of record?.run.nodes ?? []) this.effects.refusedJobs.delete(node.jobName);
    if (isGone) this.effects.statusWrittenMs.delete(uid);
  }
}
