// Wires the agent: environment, signals, control, spool, uploader. What it does is in agent.ts.
import { pino } from 'pino';
import { credentialsFromFolder } from '../storage/credentials.js';
import { createS3Store } from '../storage/s3.js';
import { Agent } from './agent.js';
import { runChild } from '../tcpdump/child.js';
import { pause, systemClock } from './clock.js';
import { parseConfig, type AgentConfig } from './config.js';
import { ControlFile } from './control.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { takeOverLeftovers } from './spool/leftovers.js';
import { lockSpool } from './spool/lock.js';
import { Spool } from './spool/spool.js';
import type { Uploader } from './upload/port.js';
import { createUploader } from './upload/uploader.js';

export { runSweep } from './sweep/main.js';

/** Runs the agent of this process's environment to its end. */
export function runAgent(): Promise<number> {
  return runAgentWith(bucketUploader);
}

const STDERR = 2;

export async function runAgentWith(uploaderFor: (config: AgentConfig) => Uploader): Promise<number> {
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: STDERR, sync: true }));
  let config: AgentConfig;
  let uploader: Uploader;
  try {
    config = parseConfig(process.env);
    log.level = config.job.logLevel;
    uploader = uploaderFor(config);
  } catch (error) {
    log.fatal((error as Error).message);
    return EXIT.badConfig;
  }
  try {
    return await work(config, uploader, log);
  } catch (error) {
    log.fatal({ err: error }, 'unexpected error: the next agent on this spool goes on');
    return EXIT.notDone;
  }
}

async function work(config: AgentConfig, uploader: Uploader, log: pino.Logger): Promise<ExitCode> {
  const terminate = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => terminate.abort(new Error(signal)));

  let changed = new AbortController();
  let onControl = (): void => changed.abort();
  const control = new ControlFile(config.paths.control, config.podUID, () => systemClock.monotonic(), () => onControl());
  try {
    await control.read();
    while (!control.current && !terminate.signal.aborted) {
      changed = new AbortController();
      await pause(60_000, AbortSignal.any([changed.signal, terminate.signal]));
    }
    if (!control.current) return EXIT.notDone;

    const lock = await lockSpool(config.paths.spool, runChild, systemClock, terminate.signal, (holders) => log.info({ holders }, 'waiting for another agent to leave the spool'));
    if (!lock) return EXIT.notDone;
    const spool = Spool.open(config.paths.spool, config.job.runID, control.current.attempt, log);
    await takeOverLeftovers(spool, log);
    const tcpdumpVersion = (await runChild(['tcpdump', '--version'])).stdout.split('\n')[0] ?? '';
    const agent = new Agent({ config, control, spool, lock, uploader, run: runChild, clock: systemClock, log, writeLine: (line) => void process.stdout.write(line), tcpdumpVersion, terminate: terminate.signal });
    onControl = () => agent.poke();
    return await agent.run();
  } finally {
    control.close();
  }
}

function bucketUploader({ job, paths }: AgentConfig): Uploader {
  const { endpoint, region, bucket, addressing } = job.destination;
  const store = createS3Store({ region, bucket, addressing: addressing === 'VirtualHost' ? 'VirtualHost' : 'Path', ...(endpoint !== undefined && { endpoint }), credentials: credentialsFromFolder(paths.credentials) });
  return createUploader({ store, compression: job.upload.compression });
}
