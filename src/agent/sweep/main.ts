// Wires the sweep: its environment, one look at all spools of the node, its result as the last line and as termination message.
import { writeFile } from 'node:fs/promises';
import { pino } from 'pino';
import { TERMINATION_MESSAGE_PATH } from '../../protocol/report.js';
import { SWEEP_CONFIG_ENV, SWEEP_PATH, sweepConfigSchema, type SweepConfig } from '../../protocol/sweep.js';
import { runChild } from '../../tcpdump/child.js';
import { EXIT } from '../exit-codes.js';
import { sweep } from './sweep.js';

export async function runSweep(): Promise<number> {
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true }));
  let config: SweepConfig;
  try {
    config = sweepConfigSchema.parse(JSON.parse(process.env[SWEEP_CONFIG_ENV] ?? ''));
  } catch (error) {
    log.fatal(`${SWEEP_CONFIG_ENV}: ${(error as Error).message}; the operator that made this Job sets it`);
    return EXIT.badConfig;
  }
  const line = `${JSON.stringify(await sweep(process.env['PACKETCAPTURE_SPOOLS_DIR'] ?? SWEEP_PATH, config, runChild, Date.now(), log))}\n`;
  process.stdout.write(line);
  await writeFile(process.env['PACKETCAPTURE_TERMINATION_LOG'] ?? TERMINATION_MESSAGE_PATH, line);
  return EXIT.done;
}
