// How a download ended, in sentences and an exit code.
import { EXIT, type ExitCode } from '../exit-codes.js';
import { many } from './account.js';
import type { Downloaded } from './download.js';

export function summaryOf({ directory, files, problems, account, runID }: Downloaded): { sentences: string[]; exitCode: ExitCode } {
  const kept = files.filter((file) => file.kept).length;
  const unverified = files.filter((file) => !file.verified).length;
  const state = problems.length > 0 || unverified > 0 ? `, ${files.length - unverified} of them verified` : files.length > 0 ? ', verified' : '';
  const sentences = [`${many(files.length, 'file')} of run ${runID} in ${directory}${state}${kept > 0 ? `, ${kept} of them there before` : ''}`];
  for (const problem of problems) sentences.push(`error: ${problem}`);
  for (const text of account.pending) sentences.push(`note: ${text}; the same command fetches what has come by then`);
  for (const text of account.losses) sentences.push(`warning: the capture lost packets: ${text}`);
  return { sentences, exitCode: problems.length > 0 ? EXIT.error : account.losses.length > 0 ? EXIT.lossy : EXIT.ok };
}
