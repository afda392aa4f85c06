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
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import type { Io } from '../io.js';
import { checkMerge, merge, type Merged, type MergeWish } from '../merge/merge.js';

interface Flags {
  directory?: string;
  run?: string;
  target?: string[];
  parallel: number;
  force?: boolean;
  caFile?: string;
  output?: 'json' | 'yaml';
  merge?: string | true;
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

--merge writes one file in time order besides, and prints its path alone: a pcap
for one target, else a pcapng in which each packet's interface bears the name of
its target (in Wireshark: frame.interface_name). A FILE ending in .pcap or
.pcapng decides that. A pcap is written by mergecap where it is on PATH (up to
200 files), everything else by the plugin itself, packet for packet the same; of
packets of one time, those of the first target, then file, come first.

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

  # One file of all pods, for Wireshark
  wireshark "$(kubectl pktcap download web-resets --merge)"

  # For scripts
  kubectl pktcap download web-resets | xargs -n 1 capinfos -c`;

export const defineDownload: DefineCommand = ({ open, io, done }) =>
  new Command('download')
    .description('Fetch the files of a capture, verified against its manifest')
    .usage('[options] <name>')
    .argument('[name]', 'name of the PacketCapture')
    .option('-d, --directory <dir>', 'folder to fill (default: ./<name>-<run id>)')
    .option('--run <id>', 'id of one of its runs (default: the current or last one)')
    .option('--target <name>', 'only files of this target or pod; may be given several times', (value: string, before: string[] | undefined) => [...(before ?? []), value])
    .option('--parallel <n>', 'files at a time', parallel, DEFAULT_PARALLEL)
    .option('--merge [file]', 'write one file in time order, too (default: merged.pcap or merged.pcapng in DIR)')
    .option('--force', 'replace files in the folder that are other ones than those of the bucket')
    .option('--ca-file <file>', "PEM of the authority of the bucket's certificate, besides the well-known ones")
    .addOption(new Option('-o, --output <format>', 'what stdout says in the place of paths: path, key, size, sha256 and verified of each file').choices(['json', 'yaml']))
    .addHelpText('after', HELP)
    .action(async (given: string | undefined, flags: Flags, command: Command) => {
      const { name, wish } = mergeWish(given, flags);
      if (name === undefined) return command.error("error: missing required argument 'name'");
      if (flags.run !== undefined && !isRunID(flags.run)) throw new Failure(`--run "${flags.run}": a run id is like 20261120T030512Z-1a2b3c, as in status.run.id of the capture`);
      if (wish) await checkMerge(wish, io.cwd);
      const authorities = flags.caFile === undefined ? undefined : await authoritiesOf(resolve(io.cwd, flags.caFile));
      const watcher = shownOn(io, name);
      const { directory, run, target = [], parallel, force = false, output } = flags;
      const found = await download(open(), { name, runID: run, directory: directory === undefined ? undefined : resolve(io.cwd, directory), targets: target, parallel, force, authorities }, watcher).finally(() => watcher.end());
      const { sentences, exitCode } = summaryOf(found);
      for (const sentence of sentences) io.stderr.write(`${sentence}\n`);
      const merged = wish && found.files.length > 0 ? await merge(found.files, found.directory, wish, io) : undefined;
      for (const problem of merged?.problems ?? []) io.stderr.write(`error: ${problem}\n`);
      print(found, merged, output, io);
      done(merged && merged.problems.length > 0 ? EXIT.error : exitCode);
    });

/** `--merge NAME` is a wish without a file. */
function mergeWish(given: string | undefined, { merge: wished, force = false }: Flags): { name: string | undefined; wish: MergeWish | undefined } {
  if (wished === undefined) return { name: given, wish: undefined };
  if (given === undefined && wished !== true) return { name: wished, wish: { file: undefined, force } };
  return { name: given, wish: { file: wished === true ? undefined : wished, force } };
}

function parallel(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > MAX_PARALLEL) throw new InvalidArgumentError(`use a number from 1 to ${MAX_PARALLEL}.`);
  return number;
}

function print({ runID, directory, files }: Downloaded, merged: Merged | undefined, output: Flags['output'], { stdout }: Io): void {
  if (output === undefined) return void stdout.write((merged ? [merged] : files).map(({ path }) => `${path}\n`).join(''));
  const value = { runID, directory, ...(merged && { merged: merged.path }), files: files.map(({ path, key, target, size, sha256, verified }) => ({ path, key, target, size, sha256, verified })) };
  stdout.write(output === 'json' ? `${JSON.stringify(value, null, 2)}\n` : stringify(value));
}
