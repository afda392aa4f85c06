// completion: what to install so that kubectl completes this plugin's words.
import { Command } from 'commander';
import type { DefineCommand } from '../definition.js';

const SCRIPT = `#!/bin/sh
exec kubectl-pktcap __complete "$@"
`;

export const defineCompletion: DefineCommand = ({ io }) =>
  new Command('completion')
    .description('Print the program through which kubectl completes the words of this one')
    .addHelpText(
      'after',
      `
kubectl from 1.26 on completes plugins where its own completion is set up (see
kubectl completion --help): it runs the program kubectl_complete-pktcap that it
finds on PATH. Packages bring it along; where yours did not, this is it.

Examples:
  # Install it beside the plugin
  F="$(dirname "$(command -v kubectl-pktcap)")/kubectl_complete-pktcap"
  kubectl pktcap completion > "$F" && chmod +x "$F"

  # What kubectl is told
  kubectl pktcap __complete start pod/`,
    )
    .action(() => void io.stdout.write(SCRIPT));
