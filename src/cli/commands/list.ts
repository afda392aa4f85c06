// list: the captures of a namespace, or of all, in the columns that kubectl get shows.
import { Command } from 'commander';
import { PACKET_CAPTURES } from '../../api/kinds.js';
import { listAll } from '../../kube/listing.js';
import type { CaptureObject } from '../capture.js';
import type { DefineCommand } from '../definition.js';
import { type Format, outputOption, printObjects } from '../output/format.js';
import { readTable, tableText } from '../output/table.js';

interface Flags {
  allNamespaces?: boolean;
  selector?: string;
  output?: Format;
  headers: boolean;
}

export const defineList: DefineCommand = ({ open }) =>
  new Command('list')
    .alias('ls')
    .description('List captures')
    .option('-A, --all-namespaces', 'of all namespaces')
    .option('-l, --selector <labels>', 'of those that have these labels, as in kubectl get -l')
    .addOption(outputOption(['json', 'yaml', 'name', 'wide']))
    .option('--no-headers', 'leave the line of headers out')
    .addHelpText(
      'after',
      `
Examples:
  # Captures of this namespace, and where their packets are
  kubectl pktcap list -o wide

  # Captures of all namespaces of one team
  kubectl pktcap list -A -l team=web

  # Names alone, for other programs
  kubectl pktcap list -o name`,
    )
    .action(async ({ allNamespaces = false, selector: labelSelector, output, headers }: Flags) => {
      const session = open();
      const { io, kube } = session;
      const namespace = allNamespaces ? undefined : session.namespace;
      if (output !== undefined && output !== 'wide') {
        const { items } = await listAll<CaptureObject>(kube, PACKET_CAPTURES, namespace, { labelSelector });
        return printObjects(io, items, output);
      }
      const table = await readTable(session, PACKET_CAPTURES, { namespace, labelSelector });
      if ((table.rows ?? []).length === 0) return void io.stderr.write(namespace === undefined ? 'No captures found\n' : `No captures found in ${namespace} namespace.\n`);
      io.stdout.write(tableText(table, { wide: output === 'wide', withNamespace: allNamespaces, headers }));
    });
