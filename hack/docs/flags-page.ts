// docs/flags.md, from the operator's table of flags.
import { FLAGS } from '../../src/operator/config.js';
import { cell } from './api/markdown.js';

const HEAD = `# Flags of the operator

They stand in \`args\` of the Deployment \`packetcapture-operator\`, after \`operator\`, as \`--flag=value\`. Durations and sizes are written as in the API: \`90s\`, \`10Gi\`. A value that cannot be used ends the operator at its start, with the flag, the value and the rule. What the flags that limit captures mean together is in [limits.md](limits.md).
`;

export const path = 'docs/flags.md';

export function page(): string {
  const rows = Object.values(FLAGS).map(({ flag, default: value, describe }) => `| \`--${flag}\` | ${value === '' ? '' : `\`${value}\``} | ${cell(describe)} |`);
  return `<!-- Generated from src/operator/config.ts by \`make docs\`. Edit there. -->\n${HEAD}\n| flag | default | what it is |\n|---|---|---|\n${rows.join('\n')}\n`;
}
