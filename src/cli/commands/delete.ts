// delete: removes captures; a run that is under way is stopped, and delivers what it has.
import { Command } from 'commander';
import { PACKET_CAPTURES } from '../../api/kinds.js';
import { noSuchCapture } from '../capture.js';
import type { DefineCommand } from '../definition.js';
import { eachName } from '../each-name.js';
import { captureRef } from '../output/format.js';

export const defineDelete: DefineCommand = ({ open }) =>
  new Command('delete')
    .description('Remove captures; what they delivered stays in the bucket')
    .argument('<name...>', 'names of PacketCaptures')
    .addHelpText(
      'after',
      `
A run that is under way is stopped, and what it captured still goes to the
bucket. Only the object goes: note its location before, if nobody else knows it.

Examples:
  kubectl pktcap delete web-0-4f2k`,
    )
    .action(async (names: string[]) => {
      const session = open();
      const { io, kube, namespace } = session;
      await eachName(session, names, async (name) => {
        // The second look tells an object that is not there from a cluster that knows no such kind.
        const found = (await kube.remove(PACKET_CAPTURES, namespace, name)) || (await kube.get(PACKET_CAPTURES, namespace, name)) !== undefined;
        if (!found) throw noSuchCapture(name, namespace);
        io.stdout.write(`${captureRef(name).replace('/', ' "')}" deleted\n`);
      });
    });
