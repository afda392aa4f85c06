// docs/cli.md, from the program's own help.
import type { CommandParts } from '../../src/cli/definition.js';
import { EXIT } from '../../src/cli/exit-codes.js';
import { buildProgram } from '../../src/cli/program.js';

const HEAD = `# kubectl pktcap

The plugin for people: what it does, it does through PacketCapture objects and the rights of whoever runs it. How to install it, and its completion: [install-plugin.md](install-plugin.md). What \`start\` writes is in [validation.md](validation.md), the words of \`explain\` in [reasons.md](reasons.md), who may do what in [rbac.md](rbac.md).

stdout carries what was asked for and nothing else; progress, warnings and errors go to stderr. What comes from the cluster is shown printable: no escape in a name or a message reaches a terminal.

An error says what was wrong, with the value, and what to do; where a right is missing, which ClusterRole gives it.
`;

const MEANING: Record<keyof typeof EXIT, string> = {
  ok: 'Done. Of a capture that was waited for or fetched: complete, and nothing was lost.',
  error: 'Anything that has no code of its own.',
  usage: 'The command line does not say what to do.',
  lossy: 'The capture is complete, and packets were lost on the way: `LossDetected` is True.',
  failed: 'The capture failed.',
  timeout: 'It did not come to its end in the time given.',
  forbidden: 'The API server does not let this user do it.',
  notFound: 'What was named is not there: a capture, a run, the CRDs.',
  interrupted: 'Ended by Ctrl-C.',
};

/** Nothing of it is used by a program that only tells of itself. */
const PARTS = {} as CommandParts;

export const path = 'docs/cli.md';

export function page(): string {
  const program = buildProgram(PARTS);
  const block = (text: string): string => `\`\`\`text\n${text.trimEnd()}\n\`\`\`\n`;
  const help = (command: typeof program): string => {
    let text = '';
    command.configureOutput({ writeOut: (part) => { text += part; } });
    command.outputHelp();
    return block(text);
  };
  const codes = Object.entries(EXIT).map(([name, code]) => `| ${code} | ${MEANING[name as keyof typeof EXIT]} |`);
  const commands = program.commands.map((command) => `## ${command.name()}\n\n${help(command)}`);
  return `<!-- Generated from the program itself, src/cli, by \`make docs\`. Edit there. -->
${HEAD}
${help(program)}
## Exit codes

| code | meaning |
|---|---|
${codes.join('\n')}

A command that has less to tell uses fewer: its help says so.

${commands.join('\n')}`;
}
