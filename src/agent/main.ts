// Wires the agent: environment, signals, control, spool, uploader. What it does is in agent.ts.
import './no-jit.js';
import { randomBytes } from 'node:crypto';
import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { IDENTITY_TOKEN_FILE } from '../protocol/job-config.js';
import { firstControlKey } from '../protocol/control.js';
import { parseReport } from '../protocol/report.js';
import { aheadOfTheOthers } from './priority.js';
import { authoritiesFromFolder, type AuthoritiesReader } from '../storage/authorities.js';
import { credentialsFromFolder, type CredentialsReader } from '../storage/credentials.js';
import { lateStore } from '../storage/late-store.js';
import { endpointOf } from '../storage/s3/endpoint.js';
import { Agent } from './agent.js';
import { askAhead } from './ahead.js';
import { runChild } from '../tcpdump/child.js';
import { pause, systemClock } from './clock.js';
import { parseConfig, type AgentConfig } from './config.js';
import { ControlFile } from './control.js';
import { lastLinesIfDone } from './done.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { keepNewObjectsSmall } from './memory.js';
import { LogStream, ReportStream } from './output.js';
import { writeTerminationMessage } from './report/writer.js';
import { takeOverLeftovers } from './spool/leftovers.js';
import { enclose, keepToOneself } from './spool/enclose.js';
import { lockSpool } from './spool/lock.js';
import { Spool } from './spool/spool.js';
import type { Uploader } from './upload/port.js';
import { createUploader } from './upload/uploader.js';

export { runSweep } from './sweep/main.js';

/** Runs the agent of this process's environment to its end. */
export function runAgent(): Promise<number> {
  return runAgentWith(bucketUploader);
}

/** What waits on the streams at the end is waited for so long. */
const FLUSH_MS = 2000;

export async function runAgentWith(uploaderFor: (config: AgentConfig) => Uploader): Promise<number> {
  keepNewObjectsSmall();
  aheadOfTheOthers();
  keepToOneself();
  const reports = new ReportStream(process.stdout);
  const logs = new LogStream(process.stderr);
  const code = await run(uploaderFor, reports, pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, logs));
  await Promise.all([reports.flush(FLUSH_MS), logs.flush(FLUSH_MS)]);
  return code;
}

async function run(uploaderFor: (config: AgentConfig) => Uploader, reports: ReportStream, log: pino.Logger): Promise<ExitCode> {
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
    return (await saidBefore(config, reports, log)) ?? (await work(config, uploader, reports, log));
  } catch (error) {
    log.fatal({ err: error }, 'unexpected error: the next agent on this spool goes on');
    return EXIT.notDone;
  }
}

/** Where all was done and only the exit was missing: says again what was said, for a new container has a new log. */
async function saidBefore({ paths }: AgentConfig, reports: ReportStream, log: pino.Logger): Promise<ExitCode | undefined> {
  const lines = await lastLinesIfDone(paths.pod, paths.spool);
  const report = lines === undefined ? undefined : parseReport(lines.trimEnd().split('\n').at(-1) ?? '');
  if (lines === undefined || !report) return undefined;
  reports.write(lines);
  writeTerminationMessage(paths.terminationLog, report);
  await rmdir(paths.hostSpool).catch(() => undefined);
  log.info({}, 'done before this container was started');
  return EXIT.done;
}

async function work(config: AgentConfig, uploader: Uploader, reports: ReportStream, log: pino.Logger): Promise<ExitCode> {
  const terminate = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => terminate.abort(new Error(signal)));

  let changed = new AbortController();
  let onControl = (): void => changed.abort();
  const control = new ControlFile(config.paths.control, join(config.paths.credentials, firstControlKey(config.podUID)), config.podUID, () => systemClock.monotonic(), () => onControl());
  const firstRead = control.read();
  const ahead = askAhead(runChild, config.job);
  try {
    await firstRead;
    while (!control.current && !terminate.signal.aborted) {
      changed = new AbortController();
      await pause(60_000, AbortSignal.any([changed.signal, terminate.signal]));
    }
    if (!control.current) return EXIT.notDone;

    await enclose(config.paths.spool);
    const lock = await lockSpool(config.paths.spool, runChild, systemClock, terminate.signal, (holders) => log.info({ holders }, 'waiting for another agent to leave the spool'));
    if (!lock) return EXIT.notDone;
    const spool = Spool.open(config.paths.spool, config.job.runID, control.current.attempt, log);
    await takeOverLeftovers(spool, log);
    const agent = new Agent({ config, control, spool, lock, uploader, run: runChild, ahead, clock: systemClock, log, writeLine: (line) => reports.write(line), processID: randomBytes(8).toString('hex'), terminate: terminate.signal });
    onControl = () => agent.poke();
    return await agent.run();
  } finally {
    control.close();
  }
}

/** By then tcpdump listens, and no file is closed yet: what brings them into the bucket is loaded between. */
const LOAD_STORE_MS = 1500;

function bucketUploader({ job, paths }: AgentConfig): Uploader {
  const { endpoint, region, bucket, addressing, encryption } = job.destination;
  const location = { region, bucket, addressing: addressing === 'VirtualHost' ? 'VirtualHost' : 'Path', ...(endpoint !== undefined && { endpoint }) } as const;
  // A destination that nobody can reach is said at once.
  endpointOf(location);
  const authorities = authoritiesFromFolder(paths.credentials);
  const store = lateStore(async () => {
    const [{ createS3Store }, credentials] = await Promise.all([import('../storage/s3.js'), credentialsOf({ job, paths }, authorities)]);
    return createS3Store({ ...location, encryption, credentials, authorities });
  });
  setTimeout(() => void store.prepare().catch(() => undefined), LOAD_STORE_MS).unref();
  return createUploader({ store, compression: job.upload.compression });
}

/** Stores allow so much without being told. */
const SESSION_SECONDS = 3600;

/** The keys of the run's Secret, or those that the pod's own token is exchanged for. */
async function credentialsOf({ job, paths }: Pick<AgentConfig, 'job' | 'paths'>, authorities: AuthoritiesReader): Promise<CredentialsReader> {
  const { identity, region } = job.destination;
  if (!identity) return credentialsFromFolder(paths.credentials);
  const { credentialsFromWebIdentity, tokenFromFile } = await import('../storage/web-identity.js');
  const { roleARN, stsEndpoint } = identity;
  return credentialsFromWebIdentity({ stsEndpoint, region, roleARN, sessionName: `pktcap-${job.runID}`.slice(0, 64), durationSeconds: SESSION_SECONDS, token: tokenFromFile(join(paths.identity, IDENTITY_TOKEN_FILE)), authorities });
}
