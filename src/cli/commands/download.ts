// download: the files of a run, brought here and verified, without keys to the bucket.
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { stringify } from 'yaml';
import type { DefineCommand } from '../definition.js';
import { authoritiesOf } from '../download/authorities.js';
import { download, type Downloaded } from '../download/download.js';
import { shownOn } from '../download/shown.js';
import { isRunID } from '../download/place.js';
import { summaryOf } from '../download/summary.js';
import { Failure } from '../failure.js';
import type { Io } from '../io.js';

interface Flags {
  directory?: string;
  run?: string;
  target?: string[];
  parallel: number;
  force?: true;
  caFile?: string;
  output?: 'json' | 'yaml';
}

const DEFAULT_PARALLEL = 4;
const MAX_PARALLEL = 32;

const HELP = `
Files go to DIR/<target>/, each under its name in the bucket, and the run's
manifests to DIR/manifest/. Every file is verified by size and SHA-256 against
the manifest. What is there whole is not fetched again, and what was interrupted
goes on where it ended: run the same command again. A file that is not what the
manifest says is kept aside as <name>.damaged. stdout has one path per line, and
nothing else.

The bucket is reached by short-lived URLs that the operator signs
(CaptureDownload): no keys are needed, and no URL is ever printed. Redirects are
not followed. HTTPS_PROXY and NO_PROXY are used by Node 24.5 and later, and so
by the single executable.

Exit codes:
  0    all is here, and nothing was lost
  1    a file is missing or damaged
  3    all is here, and the capture itself lost packets
  7    there is no such capture or run
  130  interrupted

Examples:
  # All that the last run has delivered, to ./web-resets-<run id>
  kubectl pktcap download web-resets

  # One pod's files of an earlier run
  kubectl pktcap download web-resets --run 20261120T030512Z-1a2b3c \\
    --target web-0 -d /tmp/web-0

  # For scripts
  kubectl pktcap download web-resets | xargs -n 1 capinfos -c`;

export const defineDownload: DefineCommand = ({ open, io, done }) =>
  new Command('download')
    .description('Fetch the files of a capture, verified against its manifest')
    .argument('<name>', 'name of the PacketCapture')
    .option('-d, --directory <dir>', 'folder to fill (default: ./<name>-<run id>)')
    .option('--run <id>', 'id of one of its runs (default: the current or last one)')
    .option('--target <name>', 'only files of this target or pod; may be given several times', (value: string, before: string[] | undefined) => [...(before ?? []), value])
    .option('--parallel <n>', 'files at a time', parallel, DEFAULT_PARALLEL)
    .option('--force', 'replace files in the folder that are other ones than those of the bucket')
    .option('--ca-file <file>', "PEM of the authority of the bucket's certificate, besides the well-known ones")
    .addOption(new Option('-o, --output <format>', 'what stdout says in the place of paths: path, key, size, sha256 and verified of each file').choices(['json', 'yaml']))
    .addHelpText('after', HELP)
    .action(async (name: string, flags: Flags) => {
      if (flags.run !== undefined && !isRunID(flags.run)) throw new Failure(`--run "${flags.run}": a run id is like 20261120T030512Z-1a2b3c, as in status.run.id of the capture`);
      const authorities = flags.caFile === undefined ? undefined : await authoritiesOf(resolve(io.cwd, flags.caFile));
      const watcher = shownOn(io, name);
      const { directory, run, target = [], parallel, force = false, output } = flags;
      const found = await download(open(), { name, runID: run, directory: directory === undefined ? undefined : resolve(io.cwd, directory), targets: target, parallel, force, authorities }, watcher).finally(() => watcher.end());
      print(found, output, io);
      const { sentences, exitCode } = summaryOf(found);
      for (const sentence of sentences) io.stderr.write(`${sentence}\n`);
      done(exitCode);
    });

function parallel(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > MAX_PARALLEL) throw new InvalidArgumentError(`use a number from 1 to ${MAX_PARALLEL}.`);
  return number;
}

function print({ runID, directory, files }: Downloaded, output: Flags['output'], { stdout }: Io): void {
  if (output === undefined) return void stdout.write(files.map(({ path }) => `${path}\n`).join(''));
  const value = { runID, directory, files: files.map(({ path, key, target, size, sha256, verified }) => ({ path, key, target, size, sha256, verified })) };
  stdout.write(output === 'json' ? `${JSON.stringify(value, null, 2)}\n` : stringify(value));
}
