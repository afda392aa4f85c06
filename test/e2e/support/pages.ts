// Pages that are typed by a test: their blocks, and how what a command says compares with what the page shows.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface Step {
  heading: string;
  commands: string;
  /** What the page shows behind it. */
  shown?: string;
}

/** The sh blocks of a page in their order, each with the text block that follows it. */
export function stepsOf(page: string): Step[] {
  const steps: Step[] = [];
  let heading = '';
  for (const [, title, language, content = ''] of page.matchAll(/^## (.*)$|^```(\w+)\n([\s\S]*?)^```$/gm)) {
    const last = steps.at(-1);
    if (title !== undefined) heading = title;
    else if (language === 'sh') steps.push({ heading, commands: content });
    else if (language === 'text' && last) last.shown = content;
  }
  return steps;
}

/** Numbers, whatever they are, are `#`; so are columns of whatever width one space. */
const shape = (line: string): string => line.replaceAll(/\d[\d.]*(?:[kKMG]i?B?|ms|[smhd])?(?:\d+s)?/g, '#').replaceAll(/\s+/g, ' ').trim();

/** A line that the page shows; `…` in it stands for anything. */
const pattern = (line: string): RegExp => new RegExp(`^${shape(line).split('…').map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')).join('.*')}$`);

/** The first line that the page shows and the output has not, in that order; others may stand between. */
export function missingLine(shown: string, output: string): string | undefined {
  let lines = output.split('\n').map(shape);
  for (const line of shown.split('\n').filter((text) => text.trim() !== '')) {
    const at = lines.findIndex((text) => pattern(line).test(text));
    if (at < 0) return line;
    lines = lines.slice(at + 1);
  }
  return undefined;
}

/** One shell that goes on from block to block: its variables and its folder stay. */
export class Shell {
  private readonly kept: string;

  constructor(
    private readonly cwd: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    this.kept = join(env['HOME'] ?? cwd, '.kept');
  }

  /** What it said. Rejects where a command of it fails. */
  type(commands: string, timeoutMs: number): Promise<string> {
    const script = `set -a; [[ ! -e ${this.kept} ]] || . ${this.kept}; set -euo pipefail\n${commands}\nexport -p > ${this.kept}`;
    return new Promise((resolve, reject) => {
      const child = spawn('bash', ['-c', script], { cwd: this.cwd, env: this.env, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs, killSignal: 'SIGKILL' });
      let said = '';
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => void (said += text));
      child.once('error', reject).once('close', (code, signal) => (code === 0 ? resolve(said) : reject(new Error(`${commands}\nended with ${code ?? signal}:\n${said}`))));
    });
  }
}
