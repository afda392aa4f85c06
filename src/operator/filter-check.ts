// Whether a filter compiles, asked of tcpdump itself before any Job exists: in a child with limits, one at a time, remembered.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filterProblem } from '../api/filter.js';
import type { Log } from '../kube/log.js';

/** Link types by number (tcpdump.org/linktypes): what `any` delivers, and what a pod's own interfaces are. */
const LINUX_SLL2 = 276;
const EN10MB = 1;
const RAW = 101;

const CPU_SECONDS = 10;
const ADDRESS_SPACE_BYTES = 512 * 2 ** 20;
const TIMEOUT_MS = 20_000;
/** Past this the kernel refuses the program, and libpcap would filter in user space without a word. */
const MAX_INSTRUCTIONS = 4096;
const MAX_OUTPUT_BYTES = 4 * 2 ** 20;
const REMEMBERED = 1000;

export class FilterCheck {
  private readonly known = new Map<string, string | undefined>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly log: Log) {}

  /** tcpdump's own words about a filter that does not compile; undefined where it does, and where tcpdump can't be asked (the agent asks again). */
  async error(filter: string, interfaceName: string): Promise<string | undefined> {
    if (filter === '' || filterProblem(filter) !== undefined) return undefined;
    const key = `${interfaceName === 'any' ? 'any' : 'named'} ${filter}`;
    if (!this.known.has(key)) {
      const turn = this.last.then(() => (this.known.has(key) ? undefined : this.ask(filter, interfaceName).then((words) => this.remember(key, words))));
      this.last = turn.catch(() => undefined);
      await turn;
    }
    return this.known.get(key);
  }

  private remember(key: string, words: string | undefined): void {
    this.known.set(key, words);
    const oldest = this.known.keys().next();
    if (this.known.size > REMEMBERED && !oldest.done) this.known.delete(oldest.value);
  }

  /** A named interface may be of several link types: only a filter that suits none of them is refused here. */
  private async ask(filter: string, interfaceName: string): Promise<string | undefined> {
    const linkTypes = interfaceName === 'any' ? [LINUX_SLL2] : [EN10MB, RAW];
    let first: string | undefined;
    for (const linkType of linkTypes) {
      const words = await this.compile(filter, linkType);
      if (words === undefined) return undefined;
      first ??= words;
    }
    return first;
  }

  private async compile(filter: string, linkType: number): Promise<string | undefined> {
    const folder = await mkdtemp(join(tmpdir(), 'filter-'));
    try {
      const file = join(folder, 'empty.pcap');
      await writeFile(file, emptySavefile(linkType));
      return await this.run(file, filter);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  private run(file: string, filter: string): Promise<string | undefined> {
    const args = [`--cpu=${CPU_SECONDS}`, `--as=${ADDRESS_SPACE_BYTES}`, '--core=0', 'tcpdump', '-n', '-ddd', '-r', file, '--', filter];
    return new Promise((resolve) => {
      execFile('prlimit', args, { timeout: TIMEOUT_MS, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES, env: { PATH: process.env['PATH'] ?? '' } }, (error, stdout, stderr) => {
        if (!error) return resolve(tooLong(stdout));
        if (error.code === 'ENOENT') {
          this.log.warn({ error: error.message }, 'prlimit or tcpdump is missing: filters are checked by the agent only');
          return resolve(undefined);
        }
        const words = lastWords(stderr);
        resolve(words === '' ? `tcpdump needs more than ${CPU_SECONDS} s or ${ADDRESS_SPACE_BYTES / 2 ** 20} MiB to compile it; use a shorter one, with nets in place of lists of hosts` : words);
      });
    });
  }
}

/** `-ddd` prints the number of instructions first. */
function tooLong(program: string): string | undefined {
  const count = Number.parseInt(program, 10);
  return count > MAX_INSTRUCTIONS ? `it compiles to ${count} instructions, the kernel takes at most ${MAX_INSTRUCTIONS}; use a shorter one` : undefined;
}

const lastWords = (stderr: string): string =>
  stderr
    .split('\n')
    .filter((line) => line.startsWith('tcpdump: '))
    .map((line) => line.slice('tcpdump: '.length).trim())
    .join('; ')
    .slice(0, 500);

/** A savefile header without packets (pcap-savefile(5)). */
function emptySavefile(linkType: number): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(262_144, 16);
  header.writeUInt32LE(linkType, 20);
  return header;
}
