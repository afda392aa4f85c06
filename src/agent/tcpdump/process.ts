// One tcpdump in a target's netns: started, asked for its counters, stopped, and its words kept.
import { spawn, type ChildProcess } from 'node:child_process';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { CHILD_ENV } from '../../tcpdump/child.js';
import type { Clock } from '../clock.js';
import { lastWords } from '../../tcpdump/filter-compiler.js';
import { asUsual } from '../priority.js';
import { StderrReader } from './stderr.js';
import type { Counters } from './counters.js';
import { STDERR_FILE } from './file-name.js';

const ASK_AGAIN_MS = 5000;
const KILL_MS = 15_000;

export interface TcpdumpExit {
  code: number | null;
  signal: string | null;
  /** tcpdump's complaints, without its counters and notices. */
  lastWords: string;
}

export interface TcpdumpStart {
  argv: [string, ...string[]];
  folder: string;
  netns: FileHandle;
  /** Held as long as this tcpdump lives, so that nobody takes over its spool before. */
  lock: FileHandle;
}

/**
 * Its stderr is a file, so that its closing lines outlive the agent, and no dead reader can kill it by SIGPIPE.
 * Signals are sent only once it listens: before, SIGUSR1 would end it.
 */
export class Tcpdump {
  readonly exited: Promise<TcpdumpExit>;
  private running = true;
  private paused = false;
  private stopTimers: NodeJS.Timeout[] = [];
  /** The oldest question that it did not answer yet. */
  private asked: { ms: number; answers: number } | undefined;
  /** When it was started, monotonic. */
  private readonly startedMs: number;
  /** When it was first told to stop, ms since the epoch. */
  stopRequestedMs: number | undefined;

  private constructor(
    private readonly child: ChildProcess,
    private readonly stderr: StderrReader,
    private readonly clock: Clock,
  ) {
    this.startedMs = clock.monotonic();
    this.exited = new Promise((resolve) => {
      const end = (code: number | null, signal: string | null, words = ''): void => {
        if (!this.running) return;
        this.running = false;
        for (const timer of this.stopTimers) clearTimeout(timer);
        void this.stderr.finish().then(() => resolve({ code, signal, lastWords: words || lastWords(this.stderr.newestText) }));
      };
      child.on('error', (error) => end(null, null, error.message));
      child.on('exit', (code, signal) => end(code, signal));
    });
  }

  static async start({ argv: [program, ...args], folder, netns, lock }: TcpdumpStart, clock: Clock): Promise<Tcpdump> {
    const stderr = await open(join(folder, STDERR_FILE), 'ax+');
    // A block of the disk is its own from here on: that it listens is heard also where the disk fills before it does.
    await stderr.write('\n').catch(async (error: unknown) => {
      await stderr.close();
      throw error;
    });
    const child = spawn(program, args, { cwd: folder, env: CHILD_ENV, stdio: ['ignore', 'ignore', stderr.fd, netns.fd, lock.fd] });
    asUsual(child.pid);
    return new Tcpdump(child, new StderrReader(stderr, clock), clock);
  }

  /** Held: it writes nothing. */
  get isPaused(): boolean {
    return this.paused;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get listeningMs(): number | undefined {
    return this.stderr.listeningMs;
  }

  get counters(): Readonly<Counters> | undefined {
    return this.stderr.counters;
  }

  get countedMs(): number | undefined {
    return this.stderr.countedMs;
  }

  get quietMs(): number | undefined {
    return this.stderr.quietMs;
  }

  get closing(): Partial<Counters> | undefined {
    return this.stderr.closing;
  }

  /** Its packets prove that it listens. */
  provesToListen(): void {
    this.stderr.listens();
  }

  /** Takes in what it said since the last call. */
  readStderr(): Promise<void> {
    return this.stderr.read();
  }

  askForCounters(): void {
    if (this.listeningMs === undefined || this.paused || this.stopRequestedMs !== undefined) return;
    if (this.asked === undefined || this.stderr.answers > this.asked.answers) this.asked = { ms: this.clock.monotonic(), answers: this.stderr.answers };
    this.signal('SIGUSR1');
  }

  /** For how long it has owed an answer, or its first word. */
  get silentMs(): number {
    if (!this.running || this.paused || this.stopRequestedMs !== undefined) return 0;
    if (this.listeningMs === undefined) return this.clock.monotonic() - this.startedMs;
    return this.asked === undefined || this.stderr.answers > this.asked.answers ? 0 : this.clock.monotonic() - this.asked.ms;
  }

  /** Stops it from writing: what arrives meanwhile and does not fit in the kernel's buffer is counted as dropped. */
  pause(): void {
    if (this.paused || this.stopRequestedMs !== undefined) return;
    this.paused = true;
    this.asked = undefined;
    this.signal('SIGSTOP');
  }

  resume(): void {
    if (this.paused) this.wakeUp();
  }

  /** Whoever stopped it. */
  wakeUp(): void {
    this.paused = false;
    this.signal('SIGCONT');
  }

  /** Ends it so that it closes its file; `exited` tells when. */
  stop(killAfterMs = KILL_MS): void {
    if (this.stopRequestedMs !== undefined) return;
    this.stopRequestedMs = this.clock.now();
    this.interrupt();
    this.stopTimers = [setTimeout(() => this.interrupt(), ASK_AGAIN_MS), setTimeout(() => this.signal('SIGKILL'), killAfterMs)];
  }

  private interrupt(): void {
    this.signal('SIGINT');
    this.wakeUp();
  }

  private signal(signal: NodeJS.Signals): void {
    if (this.running) this.child.kill(signal);
  }
}
