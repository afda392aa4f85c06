// start: makes a PacketCapture out of flags, in the cluster or as a file.
import { Command, Option } from 'commander';
import type { DefineCommand } from '../definition.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { durationArgument, globalFlags } from '../flags.js';
import { captureRef, type Format, outputOption, printObject } from '../output/format.js';
import { complaints } from '../start/complaints.js';
import { captureObject, createCapture, generatedName } from '../start/create.js';
import { addCaptureOptions, operandsOf } from '../start/options.js';
import { type CaptureFlags, specOf } from '../start/spec.js';
import { waitForEnd } from '../wait/wait-for-end.js';

interface Flags extends CaptureFlags {
  name?: string;
  wait?: boolean;
  timeout?: number;
  dryRun?: 'client' | 'server';
  output?: Exclude<Format, 'wide'>;
}

export const defineStart: DefineCommand = ({ io, open, done, trailing }) =>
  addCaptureOptions(new Command('start').description('Capture packets of a pod, of a workload, or of all pods with some labels'))
    .usage('TARGET [flags] [-- FILTER]')
    .argument('[target]', 'pod/NAME (or NAME alone), deploy/NAME, sts/, ds/, rs/, job/, svc/')
    .argument('[filter...]', 'behind --: pcap-filter(7)')
    .option('--name <name>', "name of the PacketCapture; default: the target's and four letters")
    .option('--wait', 'wait until the capture has finished; exit codes as of wait')
    .option('--timeout <time>', 'with --wait: how long; default: the duration and 10m', durationArgument)
    .addOption(new Option('--dry-run <where>', 'client: print the object, send nothing. server: have it checked, not stored').choices(['client', 'server']))
    .addOption(outputOption(['yaml', 'json', 'name']))
    .addHelpText('after', HELP)
    .action(async (target: string | undefined, filter: string[], flags: Flags, command: Command) => {
      const operands = operandsOf([...(target === undefined ? [] : [target]), ...filter], trailing, flags.filter);
      const spec = specOf(operands.target, { ...flags, ...(operands.filter !== undefined && { filter: operands.filter }) });
      const problems = complaints(spec);
      if (problems.length > 0) throw new Failure(problems.join('\nerror: '), EXIT.usage);
      if (flags.wait && (spec.duration === '0s' || flags.dryRun !== undefined)) throw new Failure(flags.dryRun === undefined ? '--wait: a flight recorder has no end of its own; leave it out, or give it a --duration' : `--wait and --dry-run=${flags.dryRun}: nothing begins that could be waited for`, EXIT.usage);
      if (flags.dryRun === 'client') return printObject(io, captureObject(flags.name ?? generatedName(spec, io.random), globalFlags(command).namespace, spec), flags.output ?? 'yaml');
      const session = open();
      const created = await createCapture(session, flags.name, spec, flags.dryRun === 'server');
      const { name } = created.metadata;
      if (flags.output !== undefined) printObject(io, created, flags.output);
      else io.stdout.write(`${captureRef(name)} created${flags.dryRun === 'server' ? ' (server dry run)' : ''}\n`);
      if (flags.wait) done(await waitForEnd(session, name, { timeoutMs: flags.timeout ?? durationArgument(spec.duration ?? '5m') + 600_000 }));
    });

const HELP = `
Examples:
  # Two minutes of one port, in files of at most 10 MB and 30 seconds
  kubectl pktcap start pod/web-0 --filter 'tcp port 8080' -d 2m --ring 10M/30s

  # All pods of a Deployment, until the packets are in the bucket
  kubectl pktcap start deploy/web --wait -- host 10.0.0.7 and port 53

  # The file for Git
  kubectl pktcap start -l app=web --name web-dns --dry-run=client -o yaml

  # A flight recorder, to be emptied with kubectl pktcap snapshot
  kubectl pktcap start deploy/web --recorder --name web-recorder`;
