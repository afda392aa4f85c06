// live: shows packets while they are captured, in Wireshark or whatever reads a pipe.
import { Command, Option } from 'commander';
import type { LiveFrom } from '../../protocol/live.js';
import type { DefineCommand } from '../definition.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { printableLines } from '../output/printable-lines.js';
import type { End } from '../live/ending.js';
import { openOutput } from '../live/output.js';
import { FORMATS, type Format, PacketSink } from '../live/packet-sink.js';
import { findWay, type Way } from '../live/reach.js';
import { findRunning, showRunning } from '../live/running.js';
import { LIVE_DEFAULTS, showStarted, specFlags } from '../live/started.js';
import { complaints } from '../start/complaints.js';
import { addCaptureOptions, operandsOf } from '../start/options.js';
import { type CaptureFlags, specOf } from '../start/spec.js';

interface Flags extends CaptureFlags {
  from?: LiveFrom;
  takeover?: true;
  keep?: true;
  write?: string;
  format: Format;
}

export const defineLive: DefineCommand = ({ io, open, done, trailing }) =>
  addCaptureOptions(new Command('live').description('Show packets while they are captured: in Wireshark, tshark or whatever reads a pipe'), { ...LIVE_DEFAULTS, recorder: false })
    .usage('TARGET|NAME [flags] [-- FILTER]')
    .argument('[target]', 'pod/NAME, deploy/NAME, sts/, ds/, rs/, job/, svc/: begins a capture of it. NAME alone: a PacketCapture that runs')
    .argument('[filter...]', 'behind --: pcap-filter(7)')
    .addOption(new Option('--keep', 'TARGET: keep the PacketCapture at the end, stopped'))
    .addOption(new Option('--from <moment>', 'NAME: from now on, or from the first packet that its nodes still hold; default now').choices(['now', 'start']))
    .addOption(new Option('--takeover', 'NAME: end the live session that somebody else has on it'))
    .addOption(new Option('-w, --write <file>', 'write to a file, not to stdout'))
    .addOption(new Option('--format <format>', 'pcapng, which knows the pod of each packet, or pcap').choices(FORMATS).default('pcapng'))
    .addHelpText('after', HELP)
    .action(async (operand: string | undefined, filter: string[], flags: Flags) => {
      const operands = operandsOf([...(operand === undefined ? [] : [operand]), ...filter], trailing, flags.filter);
      const { target } = operands;
      const wish = { ...flags, ...(operands.filter !== undefined && { filter: operands.filter }) };
      const name = target !== undefined && !target.includes('/') && flags.selector === undefined ? target : undefined;
      checkFlags(wish, name);
      // Whatever is wrong with it is said before anything begins.
      if (name === undefined) specFor(target, wish, 'stream');
      const output = await openOutput(io, flags.write);
      const session = open();
      const say = (line: string): void => void io.stderr.write(`live: ${printableLines(line)}\n`);
      try {
        const running = name === undefined ? undefined : await findRunning(session, name);
        const way = await findWay(session, say);
        const sink = new PacketSink(output.stream, flags.format, io.clock, { isPipe: flags.write === undefined });
        try {
          const parts = { session, sink, say };
          const end = running ? await showRunning({ ...parts, name: running.metadata.name }, running, way, { from: flags.from ?? 'now', takeOver: flags.takeover ?? false }) : await showStarted(parts, specFor(target, wish, way), way, flags.keep ?? false);
          const code = codeOf(end, sink, name ?? target ?? '');
          if (code !== undefined) done(code);
        } finally {
          sink.end();
          say(`${sink.packets} packets shown${sink.leftOut > 0 ? `; ${sink.leftOut} of another link type left out, which --format pcapng has room for` : ''}`);
        }
      } finally {
        await output.close();
      }
    });

function specFor(target: string | undefined, flags: CaptureFlags, way: Way) {
  const spec = specOf(target, specFlags(flags, way));
  const problems = complaints(spec);
  if (problems.length > 0) throw new Failure(problems.join('\nerror: '), EXIT.usage);
  return spec;
}

/** Flags of the one use say nothing to the other. */
function checkFlags(flags: Flags, name: string | undefined): void {
  const ofRunning: (keyof Flags)[] = ['from', 'takeover'];
  const ofBoth: (keyof Flags)[] = ['write', 'format'];
  const wrong = (Object.keys(flags) as (keyof Flags)[]).filter((flag) => flags[flag] !== undefined && !ofBoth.includes(flag) && OWN.has(flag) && ofRunning.includes(flag) === (name === undefined));
  if (wrong.length === 0) return;
  const words = wrong.map((flag) => `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`).join(', ');
  throw new Failure(name === undefined ? `${words}: only with the NAME of a PacketCapture that runs; a capture that begins is shown from its first packet` : `${words}: "${name}" is the name of a PacketCapture that runs, and what it captures is settled; to begin one, write pod/${name} or deploy/${name}`, EXIT.usage);
}

const OWN = new Set<keyof Flags>(['from', 'takeover', 'keep', 'selector', 'maxTargets', 'interface', 'filter', 'snapLength', 'bufferSize', 'duration', 'maxSize', 'maxPackets', 'ring', 'spool', 'compression', 'destination']);

/** undefined: as the program ends by a signal. */
function codeOf(end: End, sink: PacketSink, name: string): ExitCode | undefined {
  if (sink.failure) throw new Failure(`the packets cannot be written: ${sink.failure.message}`);
  switch (end.how) {
    case 'closed':
      return EXIT.ok;
    case 'interrupted':
      return undefined;
    case 'finished':
      return end.outcome.exitCode;
    case 'taken':
      throw new Failure(`packetcapture/${name}: another live session was opened, and this one ended`);
    case 'gone':
      throw new Failure(`packetcapture/${name} was deleted while it was shown`, EXIT.notFound);
    case 'forbidden':
      throw new Failure('you may not reach capture pods: the Role packetcapture-live gives it', EXIT.forbidden);
  }
  return end satisfies never;
}

const HELP = `
TARGET begins a capture, shows it from its first packet, and ends it when the
reader of the pipe goes, at Ctrl-C, or after its duration (default 10m; files of
10M or 30s, at most 256Mi of a node's disk). The packets that were captured stay
in the bucket; the PacketCapture is deleted, unless --keep. Of a plugin that was
killed the capture ends by its duration.

NAME shows a capture that runs, which goes on afterwards. It has one live
session at a time.

The packets come straight from the capture pods, by port-forward: the Role
packetcapture-live in packetcapture-jobs gives it. Without it they are shown
file by file, seconds late, as they come into the bucket.

Packets of several pods are one stream, in the order of their times, as far as
they come within 200 ms. Each pod is an interface of the pcapng. With
--format pcap there is one link type, and that the reader has gone shows only
with the next packet.

Exit codes: 0 when the reader has gone; when the capture has ended, those of
wait; 130 after Ctrl-C.

Examples:
  # One pod's HTTP in Wireshark
  kubectl pktcap live pod/web-0 --filter 'tcp port 8080' | wireshark -k -i -

  # The first ten DNS packets of a Deployment's pods
  kubectl pktcap live deploy/web -- port 53 | tshark -i - -c 10

  # What a flight recorder holds, and what comes
  kubectl pktcap live web-recorder --from start | wireshark -k -i -

  # To a file, for at most a minute
  kubectl pktcap live pod/web-0 -d 1m -w web-0.pcapng`;
