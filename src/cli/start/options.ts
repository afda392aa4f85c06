// The flags that say what is captured and how: of start, and of whatever else begins a capture.
import { Command, InvalidArgumentError, Option } from 'commander';
import { filterProblem } from '../../api/filter.js';
import { interfaceProblem } from '../../api/interface-name.js';
import { MOST_TARGETS } from '../../api/packetcapture.js';
import { parseBytes } from '../../api/quantity.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { durationArgument } from '../flags.js';

const COMPRESSIONS = ['None', 'Gzip', 'Zstd'] as const;

export interface CaptureDefaults {
  duration: string;
  spool: string;
  /** Whether a flight recorder can be meant. */
  recorder: boolean;
}

/** The operator's own. */
const DEFAULTS: CaptureDefaults = { duration: '5m', spool: '1Gi', recorder: true };

export function addCaptureOptions(command: Command, { duration, spool, recorder } = DEFAULTS): Command {
  command
    .addOption(new Option('-l, --selector <labels>', 'capture the pods that have these labels, in place of TARGET'))
    .addOption(new Option('--filter <expression>', 'pcap-filter(7): which packets; may stand behind -- instead').argParser(fit(filterProblem)))
    .addOption(new Option('-d, --duration <time>', `how long, such as 2m; default ${duration}`).argParser(time))
    .addOption(new Option('--ring <size/time/files>', 'cut files at a size, after a time, keep so many on the node: 10M/30s, 10M/30s/5, 60s'))
    .addOption(new Option('-i, --interface <name>', 'interface inside the pod; default any').argParser(fit(interfaceProblem)))
    .addOption(new Option('--max-size <bytes>', 'stop after this many captured bytes of a pod, such as 1Gi').argParser(size))
    .addOption(new Option('--max-packets <number>', 'stop after this many packets of a pod').argParser(whole(1, Number.MAX_SAFE_INTEGER)))
    .addOption(new Option('--snap-length <bytes>', 'keep so many bytes of each packet; default 262144').argParser(whole(16, 262_144)))
    .addOption(new Option('--buffer-size <bytes>', 'kernel memory that holds packets until they are read; default 32Mi').argParser(size))
    .addOption(new Option('--spool <bytes>', `disk of a node that the run may use; default ${spool}`).argParser(size))
    .addOption(new Option('--compression <kind>', 'of the files in the bucket: None, Gzip or Zstd').argParser(compression))
    .addOption(new Option('--destination <name>', 'ClusterCaptureDestination; default: the default one'))
    .addOption(new Option('--max-targets <number>', 'with labels and workloads: most pods at a time; default 10').argParser(whole(1, MOST_TARGETS)));
  if (recorder) command.addOption(new Option('--recorder', 'a flight recorder: records until stopped, keeps the newest (10 files of 100M or 60s), delivers at each snapshot and at the stop'));
  return command;
}

/** TARGET, and the filter that stands behind `--`. `trailing`: how many of the operands do. */
export function operandsOf(operands: readonly string[], trailing: number, filter: string | undefined): { target: string | undefined; filter: string | undefined } {
  const [target, ...others] = operands.slice(0, operands.length - trailing);
  if (others.length > 0) throw new Failure(`"${others.join(' ')}" stands behind the target: write a filter behind --, or with --filter`, EXIT.usage);
  if (trailing === 0) return { target, filter };
  if (filter !== undefined) throw new Failure(`--filter "${filter}" and a filter behind --: keep one of them`, EXIT.usage);
  const behind = operands.slice(operands.length - trailing).join(' ');
  const problem = filterProblem(behind);
  if (problem !== undefined) throw new Failure(`the filter behind -- ${problem}`, EXIT.usage);
  return { target, filter: behind };
}

/** A value that one of the API's own rules has nothing against. The rule's sentence shows the value itself. */
const fit = (problemOf: (value: string) => string | undefined) => (value: string): string => {
  const problem = problemOf(value);
  if (problem !== undefined) throw new InvalidArgumentError(problem);
  return value;
};

function time(value: string): string {
  durationArgument(value);
  return value;
}

function size(value: string): string {
  if (parseBytes(value) === undefined) throw new InvalidArgumentError('it is no whole number of bytes; write for example 10M or 1Gi');
  return value;
}

const whole = (least: number, most: number) => (value: string): number => {
  const number = Number(value);
  if (!/^[0-9]+$/.test(value) || number < least || number > most) throw new InvalidArgumentError(`it must be a whole number, ${most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `from ${least} to ${most}`}`);
  return number;
};

function compression(value: string): string {
  const found = COMPRESSIONS.find((one) => one.toLowerCase() === value.toLowerCase());
  if (found === undefined) throw new InvalidArgumentError(`use one of ${COMPRESSIONS.join(', ')}`);
  return found;
}
