// wait: waits until a capture has finished, and says by its exit code how.
import { Command, Option } from 'commander';
import type { DefineCommand } from '../definition.js';
import { durationArgument } from '../flags.js';
import { GOALS, type Goal } from '../observe/outcome.js';
import { waitForEnd } from '../wait/wait-for-end.js';

interface Flags {
  for: Goal;
  timeout: number;
}

export const defineWait: DefineCommand = ({ open, done }) =>
  new Command('wait')
    .description('Wait until a capture has finished')
    .argument('<name>', 'name of the PacketCapture')
    .addOption(new Option('--for <goal>', 'finished: the run has ended, well or not; complete: waits on where packets that failed to be delivered still may be; capturing: tcpdump listens').choices(GOALS).default('finished'))
    .addOption(new Option('--timeout <duration>', 'how long to wait').argParser(durationArgument).default(600_000, '10m'))
    .addHelpText(
      'after',
      `
Waits for the run that the object asks for: where a newer edit begins another
one, for that. Progress goes to stderr; one line at the end to stdout says what
came, and where the packets are.

Exit codes:
  0  complete, and nothing was lost (--for=capturing: tcpdump listens)
  3  complete, and packets were lost, or nobody knows whether
  4  failed (--for=capturing: or it captures no more)
  5  not within the timeout
  7  there is no such capture, or it was deleted meanwhile

Examples:
  # Have the packets before going on
  kubectl pktcap wait web-resets && kubectl pktcap download web-resets

  # Begin the test only once tcpdump listens
  kubectl pktcap wait web-resets --for=capturing --timeout 1m && ./load-test`,
    )
    .action(async (name: string, flags: Flags) => done(await waitForEnd(open(), name, { timeoutMs: flags.timeout, goal: flags.for })));
