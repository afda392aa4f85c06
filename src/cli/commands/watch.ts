// watch: shows a capture while it lasts.
import { Command } from 'commander';
import type { DefineCommand } from '../definition.js';
import { watchCapture } from '../watch/watch-capture.js';

export const defineWatch: DefineCommand = ({ open, done }) =>
  new Command('watch')
    .description('Show a capture while it lasts')
    .argument('<name>', 'name of the PacketCapture')
    .addHelpText(
      'after',
      `
Shows each target with its packets, what was lost, files and pace, and the time
that is left. Where standard output is no terminal, or TERM is dumb: a plain
line where something changed, at most one a second. NO_COLOR is respected. It
ends with the run, and says where the packets are; Ctrl-C leaves the capture as
it is.

Exit codes:
  0    complete, and nothing was lost
  3    complete, and packets were lost, or nobody knows whether
  4    failed
  7    there is no such capture, or it was deleted meanwhile
  130  ended by Ctrl-C

Examples:
  # Watch a capture of this namespace
  kubectl pktcap watch web-resets

  # Keep its course as a log
  kubectl pktcap watch web-resets -n shop > web-resets.log`,
    )
    .action(async (name: string) => done(await watchCapture(open(), name)));
