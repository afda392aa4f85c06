// stop: ends the runs of captures for good; what was captured is delivered.
import { Command } from 'commander';
import { STOP_ANNOTATION } from '../../api/group.js';
import { PACKET_CAPTURES } from '../../api/kinds.js';
import { printable } from '../../api/printable.js';
import { findCapture } from '../capture.js';
import type { DefineCommand } from '../definition.js';
import { eachName } from '../each-name.js';
import { Failure } from '../failure.js';
import type { Session } from '../session.js';

export const defineStop: DefineCommand = ({ open }) =>
  new Command('stop')
    .description('End the run of a capture; what was captured is delivered')
    .argument('<name...>', 'names of PacketCaptures')
    .addHelpText(
      'after',
      `
The object stays, and says where the packets are. Its spec stays as it is too:
nothing that Git holds begins the run again.

Examples:
  # End a flight recorder, and wait until its ring is in the bucket
  kubectl pktcap stop web-recorder && kubectl pktcap wait web-recorder`,
    )
    .action(async (names: string[]) => {
      const session = open();
      await eachName(session, names, (name) => stop(session, name));
    });

/** The annotation names the run that was seen, so that it ends no other. */
async function stop(session: Session, name: string): Promise<void> {
  const { io, kube, namespace } = session;
  const { metadata, status } = await findCapture(session, name);
  const id = status?.run?.id;
  if (id === undefined) throw new Failure(`packetcapture/${name} has no run to stop${status?.phase === undefined ? ': the operator has not looked at it yet' : ` (${printable(status.phase)})`}; to have none begin, delete it: kubectl pktcap delete ${name} -n ${namespace}`);
  if (status?.run?.completionTime !== undefined || status?.phase === 'Uploading') return void io.stdout.write(`packetcapture/${name} run ${printable(id)} has stopped already: ${printable(status.run?.stopReason ?? 'Unknown')}\n`);
  await kube.patch(PACKET_CAPTURES, namespace, name, { metadata: { uid: metadata.uid, annotations: { [STOP_ANNOTATION]: id } } }, { type: 'merge' });
  io.stdout.write(`packetcapture/${name} run ${printable(id)} is asked to stop\n`);
}
