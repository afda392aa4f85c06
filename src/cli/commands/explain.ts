// explain: what happened to a capture and why, in sentences.
import { resolve } from 'node:path';
import { Command } from 'commander';
import { findCapture, type CaptureObject } from '../capture.js';
import type { DefineCommand } from '../definition.js';
import { authoritiesOf } from '../download/authorities.js';
import { EXIT } from '../exit-codes.js';
import { explain, explainEarlier } from '../explain/explain.js';
import { readAccount } from '../explain/manifests.js';
import { renderExplanation } from '../explain/render.js';
import { Failure } from '../failure.js';
import { outputOption } from '../output/format.js';
import { toJSON } from '../output/text.js';

interface Flags {
  run?: string;
  caFile?: string;
  output?: 'json';
}

const HELP = `
Tells what was asked, what ran where, why it ended or what it waits for, how
many packets there are and where, what is missing and why, what became of each
target, and what to do: from the object, and from the run's manifests where they
can be had (through a CaptureDownload, as \`download\` does). What could not be
seen is said, with the reason.

Exit codes:
  0  it is explained, whatever became of it
  7  there is no such capture or run

Examples:
  # It is 3 a.m., and there are fewer packets than there should be
  kubectl pktcap explain web-resets

  # What became of the run before
  kubectl pktcap explain web-resets --run 20261120T030512Z-1a2b3c

  # For a ticket
  kubectl pktcap explain web-resets -o json`;

const DEFAULT_COLUMNS = 80;

export const defineExplain: DefineCommand = ({ open, io }) =>
  new Command('explain')
    .description('Explain what happened to a capture and why, and what to do')
    .argument('<name>', 'name of the PacketCapture')
    .option('--run <id>', 'id of one of its runs (default: the current or last one)')
    .option('--ca-file <file>', "PEM of the authority of the bucket's certificate, besides the well-known ones")
    .addOption(outputOption(['json']))
    .addHelpText('after', HELP)
    .action(async (name: string, { run, caFile, output }: Flags) => {
      const authorities = caFile === undefined ? undefined : await authoritiesOf(resolve(io.cwd, caFile));
      const session = open();
      const capture = await findCapture(session, name);
      const { status } = capture;
      const earlier = earlierRun(capture, run);
      const runID = earlier ?? status?.run?.id;
      const seen = runID === undefined ? {} : await readAccount(session, { name, runID, authorities });
      const subject = { capture, ...seen, now: io.clock.now() };
      const explanation = earlier === undefined ? explain(subject) : explainEarlier(subject, earlier);
      const columns = io.columns('stdout');
      if (output === 'json') io.stdout.write(toJSON({ name, namespace: session.namespace, run: runID, phase: status?.phase, ...explanation }));
      else io.stdout.write(renderExplanation(explanation, columns ?? DEFAULT_COLUMNS, { bold: columns !== undefined && !io.env['NO_COLOR'] }));
    });

/** undefined: the current or last one. */
function earlierRun({ metadata, status }: CaptureObject, wished: string | undefined): string | undefined {
  if (wished === undefined || wished === status?.run?.id) return undefined;
  const earlier = (status?.previousRuns ?? []).map(({ id }) => id);
  if (earlier.includes(wished)) return wished;
  const known = [...(status?.run?.id === undefined ? [] : [status.run.id]), ...earlier];
  throw new Failure(`--run "${wished}": packetcapture/${metadata.name} has no such run, or it is older than those that are remembered; it has ${known.join(', ') || 'none'}`, EXIT.notFound);
}
