// make test-faults: injects every fault at random moments, judges each trial by the same oracle, and prints one table. SEED, FAULT, TIMES, FIRST choose.
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { bucket } from '../integration/storage/sandbox-bucket.js';
import { AGENT_FAULTS } from './agent/faults.js';
import { CLUSTER_FAULTS } from './cluster/faults.js';
import { removeOnSignals } from './framework/open-scenes.js';
import { runAll } from './framework/schedule.js';
import { tableOf, violationsOf } from './framework/table.js';
import type { Fault, Trial } from './framework/trial.js';
import { versions } from './framework/versions.js';

const { SEED, FAULT = '', LEVEL = '', TIMES = '3', FIRST = '1', SHORT = '', SIDE_BY_SIDE = '3', REPORT = 'node_modules/.cache/faults/report.md' } = process.env;
const seed = SEED !== undefined && SEED !== '' ? SEED : randomBytes(4).toString('hex');

/** FAULT is a name, a part of names, or several with commas between. */
function chosen(): Fault[] {
  const names = FAULT.split(',').filter((name) => name !== '');
  const all = [...AGENT_FAULTS, ...CLUSTER_FAULTS];
  const named = names.length === 0 ? all.filter(({ leftOut }) => leftOut === undefined) : all.filter(({ name }) => names.some((part) => (all.some((f) => f.name === part) ? name === part : name.includes(part))));
  const faults = named.filter((fault) => fault.leftOut === undefined || names.includes(fault.name)).filter((fault) => (LEVEL === '' || fault.level === LEVEL) && (SHORT === '' || fault.short));
  if (faults.length === 0) throw new Error(`FAULT=${FAULT} LEVEL=${LEVEL}: no such fault; there are ${all.map(({ name }) => name).join(', ')}`);
  return faults;
}

function say({ fault, number, seconds, sent = 0, uploaded = 0, reportedLost = 0, inGaps = 0, violations }: Trial): void {
  const verdict = violations.length === 0 ? 'holds' : `VIOLATED\n${violations.map((v) => `    ${v}`).join('\n')}`;
  console.log(`${new Date().toISOString().slice(11, 19)} ${fault.name} ${number}: ${sent} sent, ${uploaded} uploaded, ${reportedLost} reported lost, ${inGaps} in gaps, ${seconds.toFixed(0)} s: ${verdict}`);
}

// Fails here, and once, where there is no bucket.
void bucket.credentials;
removeOnSignals();
console.log(`seed ${seed}`);
const trials = await runAll({ faults: chosen(), seed, times: Number(TIMES), first: Number(FIRST), sideBySide: Number(SIDE_BY_SIDE), onTrial: say });
const leftOut = [...AGENT_FAULTS, ...CLUSTER_FAULTS].flatMap((fault) => (fault.leftOut === undefined || trials.some((t) => t.fault === fault) ? [] : [`- ${fault.name}: ${fault.leftOut}`]));
const report = `Seed ${seed}. ${await versions()}\n\n${tableOf(trials)}\n${leftOut.length > 0 ? `\nLeft out, for what is known to be wrong there:\n${leftOut.join('\n')}\n` : ''}`;
mkdirSync(dirname(REPORT), { recursive: true });
writeFileSync(REPORT, report);
console.log(`\n${report}\n${violationsOf(trials, seed)}\nThe table is in ${REPORT}.`);
process.exit(trials.some(({ violations }) => violations.length > 0) ? 1 : 0);
