// Reconciles one capture: observe → plan → act. The key is the capture's UID, so that a re-created object never meets the old one's runs.
import type { Log } from '../kube/log.js';
import type { HandlerResult } from '../kube/work-queue.js';
import { hasWrites } from '../plan/children.js';
import { planCapture, type Plan } from '../plan/plan.js';
import { act, type Effects } from './act.js';
import type { RunMeter } from './metrics/runs.js';
import { Pace } from './pace.js';
import { observe, type Observed, type Senses } from './observe.js';

export class CaptureController {
  private readonly pace: Pace;

  constructor(
    private readonly senses: Senses,
    private readonly effects: Effects,
    private readonly meter: Pick<RunMeter, 'look' | 'release'>,
    private readonly log: Log,
  ) {
    this.pace = new Pace(effects.now);
  }

  async reconcile(uid: string): Promise<HandlerResult> {
    const observed = await this.decide(uid);
    const { world, known, plan } = observed;
    if (world.recordProblem !== undefined) this.log.error({ uid, problem: world.recordProblem }, 'run record unreadable');
    this.meter.look(uid, observed, plan);
    const { lookAgainMs } = await act(plan, known, this.effects);
    if (plan.lookAgainMs === undefined) this.release(uid, world.capture === undefined, plan);
    const name = world.capture?.metadata ?? plan.record?.capture;
    this.log.debug({ capture: name && `${name.namespace}/${name.name}`, uid, run: plan.record?.run.id, phase: plan.status?.phase, lookAgainMs }, 'reconciled');
    return { requeueAfterMs: this.pace.next(uid, plan, lookAgainMs), ...(plan.forNumbers && !hasWrites(plan.children) && { yields: true }) };
  }

  /** From what is observed to what the queue knows of it nothing is awaited: a place is given once. */
  private async decide(uid: string): Promise<Observed & { plan: Plan }> {
    const { admission } = this.senses;
    try {
      const observed = await observe(uid, this.senses);
      const plan = planCapture(observed.world);
      admission.settle(uid, plan.forget ? undefined : plan.record);
      return { ...observed, plan };
    } catch (error) {
      admission.leave(uid);
      throw error;
    }
  }

  /** Nothing is kept for a capture that needs nothing more. */
  private release(uid: string, isGone: boolean, { record }: Plan): void {
    this.senses.targetPods.release(uid);
    this.senses.workloads.release(uid);
    this.senses.reports.forget(uid);
    this.meter.release(uid);
    for (const node of record?.run.nodes ?? []) this.effects.refusedJobs.delete(node.jobName);
    if (isGone) this.effects.statusWritten.delete(uid);
  }
}
