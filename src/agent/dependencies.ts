// What an agent works with.
import type { RunChild } from '../tcpdump/child.js';
import type { Ahead } from './ahead.js';
import type { Clock } from './clock.js';
import type { AgentConfig } from './config.js';
import type { ControlFile } from './control.js';
import type { SpoolLock } from './spool/lock.js';
import type { Spool } from './spool/spool.js';
import type { Uploader } from './upload/port.js';

export interface AgentLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface AgentDependencies {
  config: AgentConfig;
  control: ControlFile;
  spool: Spool;
  lock: SpoolLock;
  uploader: Uploader;
  run: RunChild;
  ahead: Ahead;
  clock: Clock;
  log: AgentLog;
  /** One report line to stdout. */
  writeLine: (line: string) => void;
  /** Of this process, and of no other one: what it counts begins at 0. */
  processID: string;
  /** Aborted when the pod is to end. */
  terminate: AbortSignal;
}
