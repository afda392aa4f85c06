// version: of the plugin, and of the operator that it talks to.
import { Command } from 'commander';
import { INSTALLATION } from '../../api/installation.js';
import { printable } from '../../api/printable.js';
import type { KubeObject } from '../../kube/object.js';
import { DEPLOYMENTS } from '../../kube/resources.js';
import type { DefineCommand } from '../definition.js';
import { failureOf } from '../failure-of.js';
import type { Session } from '../session.js';
import { VERSION } from '../version.js';

interface Deployment extends KubeObject {
  spec?: { template?: { spec?: { containers?: { image?: string }[] } } };
}
const { systemNamespace: NAMESPACE, operator: NAME } = INSTALLATION;

export const defineVersion: DefineCommand = ({ io, open }) =>
  new Command('version')
    .description('Print the version of the plugin, and the image of the operator')
    .option('--client', 'of the plugin alone: ask no cluster')
    .addHelpText(
      'after',
      `
Examples:
  kubectl pktcap version --client`,
    )
    .action(async ({ client }: { client?: boolean }) => {
      io.stdout.write(`kubectl-pktcap ${VERSION}\n`);
      if (!client) io.stdout.write(`operator       ${await operatorImage(open())}\n`);
    });

/** Or why it cannot be said: the plugin's own version was asked for too. */
async function operatorImage(session: Session): Promise<string> {
  try {
    const operator = await session.kube.get<Deployment>(DEPLOYMENTS, NAMESPACE, NAME);
    if (!operator) return `not found: there is no Deployment "${NAME}" in namespace "${NAMESPACE}"`;
    return printable(operator.spec?.template?.spec?.containers?.[0]?.image ?? 'unknown');
  } catch (error) {
    if (session.io.signal.aborted) throw error;
    return `unknown: ${printable(failureOf(error, session).message)}`;
  }
}
