// The hashing thread of a store: began with the first large body, and never kept running for its own sake.
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { DELIVERY_REASON } from '../../api/reasons.js';
import { StorageError } from '../errors.js';
import { program, type Answer, type PartDigests, type Question } from './program.js';

/** What was known of the body is lost: whoever tries again begins anew. */
const interrupted = (why: string): StorageError => new StorageError({ reason: DELIVERY_REASON.storeError, message: `hashing was interrupted: ${why}` });

/** The file has no byte at this position. */
export class EndsEarly extends Error {
  constructor(readonly position: number) {
    super(`ends at byte ${position}`);
  }
}

/** The heap it needs is that of a few messages. */
const LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 };
/** The agent goes before all else of its node, and its tcpdumps next (src/agent/priority.ts): not so what hashes. Of Linux's threads each has its own priority. */
const AS_USUAL = "const os = require('node:os'); if (os.getPriority() < 0) os.setPriority(0);";
const SOURCE = `${AS_USUAL} const { parentPort } = require('node:worker_threads'); (${program.toString()})(parentPort, require('node:crypto'), require('node:fs'));`;

export const startThread = (): Worker => new Worker(SOURCE, { eval: true, resourceLimits: LIMITS, execArgv: [], env: {} });

interface Waiting {
  resolve: (digests: PartDigests) => void;
  reject: (error: Error) => void;
}

export class HashingThread {
  private worker: Worker | MessagePort | undefined;
  /** It could not be kept running: what is asked from then on is answered here. */
  private isHere = false;
  private readonly waiting = new Map<number, Waiting>();
  private bodies = 0;
  /** What was begun up to this one, a thread knew that is no more. */
  private lost = 0;

  /** `start` begins a thread that runs the program. */
  constructor(private readonly start: () => Worker = startThread) {}

  /** An id for a body. */
  begin(): number {
    this.bodies += 1;
    return this.bodies;
  }

  /** Rejects with the error of reading, with EndsEarly, or where the thread ended: then another try may do. One question of a body at a time. */
  ask(question: Question): Promise<PartDigests> {
    return new Promise((resolve, reject) => {
      if (question.id <= this.lost) return reject(interrupted('its thread ended'));
      this.waiting.set(question.id, { resolve, reject });
      const worker = this.running();
      // It is waited for only as long as it is asked something.
      worker.ref();
      worker.postMessage(question);
    });
  }

  forget(id: number): void {
    this.worker?.postMessage(id);
  }

  private running(): Worker | MessagePort {
    this.worker ??= this.isHere ? this.here() : this.thread();
    return this.worker;
  }

  private here(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    program(port1, crypto, fs);
    port1.unref();
    return port2.on('message', (answer: Answer) => this.take(answer));
  }

  private thread(): Worker {
    const worker = this.start();
    const lose = (why: string): void => {
      if (this.worker !== worker) return;
      this.worker = undefined;
      this.isHere = true;
      this.lost = this.bodies;
      for (const { reject } of this.waiting.values()) reject(interrupted(why));
      this.waiting.clear();
    };
    worker.on('message', (answer: Answer) => this.take(answer));
    worker.on('error', (error) => lose(String(error)));
    worker.on('exit', (code) => lose(`the hashing thread ended with ${code}`));
    return worker;
  }

  private take(answer: Answer): void {
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if (this.waiting.size === 0) this.worker?.unref();
    if ('digests' in answer) waiting?.resolve(answer.digests);
    else if ('short' in answer) waiting?.reject(new EndsEarly(answer.short));
    else waiting?.reject(Object.assign(new Error(answer.error), { code: answer.code }));
  }
}
