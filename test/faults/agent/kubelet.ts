// What the kubelet and the Job controller do for an agent: its container is started again when it fails, its pod is replaced when that goes.
import { mkdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Control } from '../../../src/protocol/control.js';
import type { Report } from '../../../src/protocol/report.js';
import { AgentProcess, type AgentHome, type Launch } from '../../integration/agent/harness/agent-process.js';

/** A restarted container of a real kubelet waits longer from its second failure on; so long a trial must not last. */
const RESTART_MS = 150;

export type Desired = Partial<Control> & { targets: Control['targets'] };

export interface CapturePod {
  readonly uid: string;
  /** Its container of now, or the last one. */
  agent: AgentProcess;
  /** Resolves with the exit code that ended it for good. */
  readonly ended: Promise<number | null>;
}

export class Kubelet {
  readonly pods: CapturePod[] = [];
  readonly agents: AgentProcess[] = [];
  private readonly gone = new Set<string>();
  private held: Promise<void> = Promise.resolve();
  release = (): void => undefined;

  constructor(
    private readonly home: AgentHome,
    private readonly launch: () => Launch & { env: NodeJS.ProcessEnv },
    private readonly onStart: (agent: AgentProcess) => void,
  ) {}

  /** The pod of the newest attempt. */
  get pod(): CapturePod {
    const pod = this.pods.at(-1);
    if (!pod) throw new Error('no pod was started');
    return pod;
  }

  get agent(): AgentProcess {
    return this.pod.agent;
  }

  /** All reports of all agents, in the order in which they came from each. */
  get reports(): Report[] {
    return this.agents.flatMap(({ reports }) => reports);
  }

  /** Starts a pod whose container is started again at every exit but 0. Nothing is asked of it before its first control. */
  startPod(uid: string): CapturePod {
    mkdirSync(this.home.folder, { recursive: true });
    const pod: { -readonly [K in keyof CapturePod]: CapturePod[K] } = { uid, agent: this.startContainer(uid), ended: Promise.resolve(null) };
    pod.ended = this.keepUp(pod);
    this.pods.push(pod);
    return pod;
  }

  private startContainer(uid: string): AgentProcess {
    const { env, ...launch } = this.launch();
    const agent = new AgentProcess(this.home, uid, env, launch);
    this.agents.push(agent);
    this.onStart(agent);
    return agent;
  }

  private async keepUp(pod: CapturePod): Promise<number | null> {
    for (;;) {
      const code = await pod.agent.exited;
      if (code === 0 || this.gone.has(pod.uid)) return code;
      await delay(RESTART_MS);
      await this.held;
      if (this.gone.has(pod.uid)) return code;
      pod.agent = this.startContainer(pod.uid);
    }
  }

  /** Starts no container again until `release`. */
  hold(): void {
    this.held = new Promise((resolve) => (this.release = resolve));
  }

  /** Deletes a pod: SIGTERM, and SIGKILL after the grace. Its container is not started again. */
  async deletePod(pod: CapturePod, graceMs: number): Promise<void> {
    this.gone.add(pod.uid);
    if (graceMs > 0) {
      pod.agent.child.kill('SIGTERM');
      const ended = new AbortController();
      await Promise.race([pod.ended.then(() => ended.abort()), delay(graceMs, undefined, { signal: ended.signal }).catch(() => undefined)]);
    }
    await pod.agent.kill('SIGKILL');
    await pod.ended;
  }

  async removeAll(): Promise<void> {
    for (const pod of this.pods) this.gone.add(pod.uid);
    for (const agent of this.agents) await agent.kill('SIGKILL');
  }
}
