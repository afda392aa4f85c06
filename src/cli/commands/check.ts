// check: whether all that captures need is in place.
import { Command } from 'commander';
import { check } from '../check/check.js';
import { hasFailed, renderFindings } from '../check/render.js';
import type { DefineCommand } from '../definition.js';
import { EXIT } from '../exit-codes.js';
import { outputOption } from '../output/format.js';
import { toJSON } from '../output/text.js';

const HELP = `
What this user may not see is said, and is no failure.

Exit codes:
  0  nothing failed
  1  something did

Examples:
  # Is everything in place for captures of the namespace of the context?
  kubectl pktcap check

  # For those of another namespace, as somebody else sees it
  kubectl pktcap check -n shop --as jane

  # Can it be installed here?
  kubectl pktcap check --pre

  # In a script
  kubectl pktcap check -o json | jq '.checks[] | select(.result != "ok")'`;

export const defineCheck: DefineCommand = ({ open, io, ...parts }) =>
  new Command('check')
    .description('Check that everything is in place: API server, CRDs, operator, destinations, rights, nodes')
    .option('--pre', 'before an installation: server version, rights to install, nodes', false)
    .addOption(outputOption(['json']))
    .addHelpText('after', HELP)
    .action(async ({ pre, output }: { pre: boolean; output?: 'json' }) => {
      const session = open();
      const findings = await check(session, { pre });
      const failed = hasFailed(findings);
      const marks = io.columns('stdout') !== undefined && !io.env['NO_COLOR'];
      io.stdout.write(output === 'json' ? toJSON({ ok: !failed, checks: findings }) : renderFindings(findings, { marks, pre }));
      if (failed) parts.done(EXIT.error);
    });
