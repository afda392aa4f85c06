// docs/benchmarks.md, from what make bench measured: docs/benchmarks.json.
import { readResults, type Measured } from '../../test/bench/framework/results.js';
import { anchor, machineText, section } from './benchmarks/section.js';
import { STANDINGS, table } from './benchmarks/table.js';

export const path = 'docs/benchmarks.md';

/** Told of as not measured as long as they are not. */
const FIGURES: Record<number, string> = {
  1: 'Packets captured of a flood',
  2: 'Packets captured of the same flood, by what people would run otherwise',
  3: 'From `kubectl apply` to the first packet in a file',
  4: 'From the end of capturing to Complete, with 500 MB to upload',
  5: "An agent's memory",
  6: "An agent's processor time while nothing matches its filter",
  7: 'What capturing costs the captured application',
  8: 'From a file that is closed to its object, verified',
  9: 'The operator with 2,000 captures at once',
  10: 'The same among 20,000 pods that are none of its own',
  11: 'The image',
};

const HEAD = `# Benchmarks

How much it captures, drops and costs, beside what people use today. Each figure is measured in turn with what it is compared with, A B A B …, in one run on one machine, so that what the machine does besides touches both; what counts is how the two compare, since the seconds of one machine are nobody else's. Where the numbers come from, and what did not help: [performance.md](performance.md).

## Run it

\`\`\`sh
make bench                            # all of it, within two hours; writes this page
make bench FIGURE=3 ROUNDS=7          # one, by number or name, or several with commas
make bench FIGURE=1 SEED=…            # the same payloads and orders again
make bench-check                      # measures anew and compares with what is written here
\`\`\`

On Debian 12 with Node 20 and npm, as root. It starts the sandbox where it is not up: a Kubernetes of two nodes and a bucket, kept in a file, on this one machine. Have nothing else run meanwhile. A figure that is measured takes its older self's place in \`docs/benchmarks.json\`, and nothing else changes.

## Read it

- **It comes to** the median of all rounds; of an even number the lower of the two in the middle.
- **Compared** is ours ÷ theirs (×), ours − theirs (with its sign), or ours alone where nothing does the same.
- **Must be** is what \`make bench-check\` fails on; **go for** is what was aimed at. The last column says how it stands to both: ${STANDINGS.goal}, ${STANDINGS.within}, ${STANDINGS.short.replaceAll('*', '')}, ${STANDINGS.missed.replaceAll('*', '')}, or ${STANDINGS.shown} where there is neither.
- \`make bench-check\` also fails where what is compared has become worse than here by more than the margin below each figure, or is not measured any more. It is no part of \`make test\`: the scatter of a shared machine is no fault of a change.
`;

/** Each machine, with the figures that were measured on it. */
function machines(figures: readonly Measured[]): string {
  const texts = [...new Set(figures.map(({ machine }) => machineText(machine)))];
  if (texts.length === 0) return '';
  const on = (text: string): string => figures.filter(({ machine }) => machineText(machine) === text).map(({ number }) => number).join(', ');
  const said = texts.map((text) => (texts.length === 1 ? text : `${text} (${on(text)})`));
  return `\nMeasured on ${said.join('; on ')}. Two nodes that share it with the control plane and the bucket are slower than yours and nearer to each other.\n`;
}

export function page(figures = readResults('docs/benchmarks.json').figures): string {
  const missing = Object.fromEntries(Object.entries(FIGURES).filter(([number]) => !figures.some((figure) => figure.number === Number(number))));
  const sections = figures.map((figure) => `\n${section(figure)}\n`);
  return `<!-- Generated from docs/benchmarks.json, which \`make bench\` measures, by \`make docs\`. -->
${HEAD}
## All figures
${machines(figures)}
${table(figures, { link: (figure) => `[${figure.number}](#${anchor(figure)})`, missing })}
${sections.join('')}`;
}
