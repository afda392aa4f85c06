// snapshot: has a flight recorder deliver what its ring holds now, while it records on.
import { Command, Option } from 'commander';
import { PACKET_CAPTURES } from '../../api/kinds.js';
import { SNAPSHOT_ANNOTATION } from '../../api/group.js';
import { findCapture } from '../capture.js';
import type { DefineCommand } from '../definition.js';
import { Failure } from '../failure.js';
import { randomWord } from '../random-word.js';
import { durationArgument } from '../flags.js';
import type { Session } from '../session.js';
import { waitForSnapshot } from '../snapshot/wait-for-snapshot.js';

interface Flags {
  wait?: boolean;
  timeout: number;
}

export const defineSnapshot: DefineCommand = ({ open }) =>
  new Command('snapshot')
    .description('Deliver what the ring of a flight recorder holds now, and record on')
    .argument('<name>', 'name of the PacketCapture')
    .option('--wait', 'wait until it is in the bucket, and print where')
    .addOption(new Option('--timeout <duration>', 'with --wait: how long').argParser(durationArgument).default(600_000, '10m'))
    .addHelpText(
      'after',
      `
Prints the token that names the snapshot in status.snapshots. Of a capture that
uploads continuously the open file is delivered now, too.

Exit codes, with --wait:
  0  it is in the bucket
  4  it delivers nothing, or some of its packets were given up
  5  not within the timeout

Examples:
  # The problem has just come: keep the last minutes
  kubectl pktcap snapshot web-recorder --wait`,
    )
    .action(async (name: string, { wait, timeout }: Flags) => {
      const session = open();
      const token = await ask(session, name);
      session.io.stdout.write(`${token}\n`);
      if (wait) await waitForSnapshot(session, name, token, timeout);
    });

async function ask(session: Session, name: string): Promise<string> {
  const { io, kube, namespace } = session;
  const { metadata, status } = await findCapture(session, name);
  if (status?.run === undefined) throw new Failure(`packetcapture/${name} has no run yet, and nothing to deliver: wait for one with kubectl pktcap wait ${name} --for=capturing -n ${namespace}`);
  if (status.run.completionTime !== undefined) throw new Failure(`packetcapture/${name} no longer captures; what it had was delivered when it ended`);
  const token = `${new Date(io.clock.now()).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z-${randomWord(io.random)}`;
  await kube.patch(PACKET_CAPTURES, namespace, name, { metadata: { uid: metadata.uid, annotations: { [SNAPSHOT_ANNOTATION]: token } } }, { type: 'merge' });
  return token;
}
