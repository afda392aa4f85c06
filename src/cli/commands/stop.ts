// stop: ends the run of a capture for good; what was captured is delivered.
import { Command } from 'commander';
import { STOP_ANNOTATION } from '../../api/group.js';
import { PACKET_CAPTURES } from '../../api/kinds.js';
import type { DefineCommand } from '../definition.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import type { CaptureObject } from '../capture.js';

export const defineStop: DefineCommand = ({ open }) =>
  new Command('stop')
    .description('End the run of a capture; what was captured is delivered')
    .argument('<name>', 'name of the PacketCapture')
    .action(async (name: string) => {
      const { kube, namespace, io } = open();
      const capture = await kube.get<CaptureObject>(PACKET_CAPTURES, namespace, name);
      if (!capture) throw new Failure(`packetcaptures "${name}" not found in namespace "${namespace}"; kubectl pktcap list -n ${namespace} shows those that are there`, EXIT.notFound);
      const id = capture.status?.run?.id;
      if (id === undefined) throw new Failure(`packetcapture/${name} has no run to stop (phase ${capture.status?.phase ?? 'unknown'})`);
      await kube.patch(PACKET_CAPTURES, namespace, name, { metadata: { uid: capture.metadata.uid, annotations: { [STOP_ANNOTATION]: id } } }, { type: 'merge' });
      io.stdout.write(`packetcapture/${name} run ${id} is asked to stop\n`);
    });
