// One process of the harness: its log in a file, its end waited for, its failure told with its own last words.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const START_MS = 60_000;
/** An API server waits a minute for watches to end; all that matters is in etcd. */
const STOP_MS = 2000;

export class Daemon {
  readonly #name: string;
  readonly #logFile: string;
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();

  constructor(readonly binary: string, readonly args: string[], folder: string) {
    this.#name = path.basename(binary);
    this.#logFile = path.join(folder, `${this.#name}.log`);
  }

  start(): void {
    const log = openSync(this.#logFile, 'a');
    // It dies with the test process, also with one that is killed.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', this.binary, ...this.args], { stdio: ['ignore', log, log] });
    closeSync(log);
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  }

  async until(state: string, check: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + START_MS;
    while (!(await check().catch(() => false))) {
      if (!this.#child || this.#child.exitCode !== null || this.#child.signalCode !== null) throw new Error(`${this.#name} ended before it was ${state}:\n${this.#lastWords()}`);
      if (Date.now() > deadline) throw new Error(`${this.#name} was not ${state} within ${START_MS / 1000} s:\n${this.#lastWords()}`);
      await delay(50);
    }
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await this.#ended;
    clearTimeout(kill);
    this.#child = undefined;
  }

  #lastWords(): string {
    return readFileSync(this.#logFile, 'utf8').split('\n').slice(-15).join('\n');
  }
}
