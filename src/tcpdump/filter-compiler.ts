// Whether a filter compiles for a link type: asked of tcpdump in a child with limits, one at a time for each owner, remembered.
import { filterProblem } from '../api/filter.js';
import type { RunChild } from './child.js';
import { Turns } from './turns.js';

const CPU_SECONDS = 10;
/** Filters of 4,096 characters were seen to take 32 MiB. Two of them have to fit into the operator's memory limit. */
const ADDRESS_SPACE_BYTES = 160 * 2 ** 20;
const TIMEOUT_MS = 30_000;
/** BPF_MAXINSNS: past this the kernel refuses the program, and libpcap would filter in user space without a word. */
const MAX_INSTRUCTIONS = 4096;
const MAX_WORDS = 500;
const REMEMBERED = 1000;
/** Exit codes by which prlimit and unshare say that they could not run the program. */
const NOT_RUN = new Set([126, 127]);

export class FilterCompiler {
  private readonly known = new Map<string, string | undefined>();

  /** `isolation`: what tcpdump is run by, so that it reaches no network; as far as the caller has the privilege. */
  constructor(
    private readonly run: RunChild,
    private readonly isolation: string[],
    private readonly turns = new Turns(1),
  ) {}

  /** What is wrong with a filter for one link type (as `tcpdump -y` names it), mostly in tcpdump's own words; undefined where it compiles. Rejects where tcpdump can't be asked. */
  async problem(filter: string, linkType: string, owner = ''): Promise<string | undefined> {
    const key = `${linkType} ${filter}`;
    if (this.known.has(key)) return this.known.get(key);
    return this.turns.run(owner, async () => {
      if (!this.known.has(key)) this.remember(key, filterProblem(filter) ?? (filter.trim() === '' ? undefined : await this.compile(filter, linkType)));
      return this.known.get(key);
    });
  }

  private remember(key: string, problem: string | undefined): void {
    this.known.set(key, problem);
    const oldest = this.known.keys().next();
    if (this.known.size > REMEMBERED && !oldest.done) this.known.delete(oldest.value);
  }

  private async compile(filter: string, linkType: string): Promise<string | undefined> {
    const limits = ['prlimit', `--cpu=${CPU_SECONDS}`, `--as=${ADDRESS_SPACE_BYTES}`, '--core=0'] as const;
    const result = await this.run([...limits, ...this.isolation, 'tcpdump', '-n', '-ddd', '-y', linkType, '--', filter], { timeoutMs: TIMEOUT_MS });
    if (result.code === 0) return tooLong(result.stdout);
    const words = lastWords(result.stderr);
    if (result.code !== undefined && NOT_RUN.has(result.code)) throw new Error(`tcpdump can't be asked: ${words}`);
    return words === '' ? `tcpdump needs more than ${CPU_SECONDS} s or ${ADDRESS_SPACE_BYTES / 2 ** 20} MiB to compile it; use a shorter one, with nets in place of lists of hosts` : `tcpdump says: ${words}`;
  }
}

/** `-ddd` prints the number of instructions first. */
function tooLong(program: string): string | undefined {
  const count = Number.parseInt(program, 10);
  return count > MAX_INSTRUCTIONS ? `it compiles to ${count} instructions, the kernel takes at most ${MAX_INSTRUCTIONS}; use a shorter one` : undefined;
}

/** tcpdump's complaints, without its name, counters and notices. */
export const lastWords = (stderr: string): string =>
  stderr
    .split('\n')
    .map((line) => line.replace(/^tcpdump: /, '').trim())
    .filter((line) => line !== '' && !/^(\d+ packets? |listening on |data link type )/.test(line))
    .join('; ')
    .slice(-MAX_WORDS);
