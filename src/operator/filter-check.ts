// Whether a filter can be right at all, before any Job exists. The real link type is only known in the target's network namespace.
import { setTimeout } from 'node:timers/promises';
import type { Log } from '../kube/log.js';
import type { FilterVerdict } from '../plan/world.js';
import { runChild } from '../tcpdump/child.js';
import { FilterCompiler } from '../tcpdump/filter-compiler.js';
import { Turns } from '../tcpdump/turns.js';

/** What `any` delivers, and what a pod's own interfaces are. */
const LINK_TYPES = { any: ['LINUX_SLL2'], named: ['EN10MB', 'RAW'] };

/** One namespace's slow filters leave a compiler for the others. */
const COMPILERS = 2;
/** A compiler may need seconds: no worker waits for that. */
const PATIENCE_MS = 250;
const REMEMBERED = 1000;

export class FilterCheck {
  /** Questions that are being answered, and those that were. */
  private readonly answers = new Map<string, Promise<FilterVerdict>>();

  /** The operator may not make a network namespace. The filter's screen is what keeps names from a resolver here. */
  constructor(
    private readonly log: Log,
    private readonly compiler: Pick<FilterCompiler, 'problem'> = new FilterCompiler(runChild, [], new Turns(COMPILERS)),
  ) {}

  /** What is wrong with a filter that suits no link type of such an interface; no problem where one takes it, and where tcpdump can't be asked (the agent asks again). */
  async check(filter: string, interfaceName: string, namespace: string, whenKnown: () => void): Promise<FilterVerdict> {
    // By namespace too: nobody waits for the turn of another.
    const key = `${namespace} ${interfaceName === 'any' ? 'any' : 'named'} ${filter}`;
    const answer = this.answers.get(key) ?? this.remember(key, this.ask(filter, interfaceName, namespace));
    const patience = new AbortController();
    const verdict = await Promise.race([answer, setTimeout(PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => undefined)]);
    patience.abort();
    if (verdict) return verdict;
    void answer.then(whenKnown);
    return { isPending: true };
  }

  private remember(key: string, asked: Promise<FilterVerdict>): Promise<FilterVerdict> {
    const answer = asked.catch((error: unknown) => {
      this.log.warn({ error: String(error) }, 'filters are checked by the agent only');
      this.answers.delete(key);
      return {};
    });
    this.answers.set(key, answer);
    if (this.answers.size > REMEMBERED) this.answers.delete(this.answers.keys().next().value as string);
    return answer;
  }

  private async ask(filter: string, interfaceName: string, namespace: string): Promise<FilterVerdict> {
    let first: string | undefined;
    for (const linkType of interfaceName === 'any' ? LINK_TYPES.any : LINK_TYPES.named) {
      const problem = await this.compiler.problem(filter, linkType, namespace);
      if (problem === undefined) return {};
      first ??= problem;
    }
    return first === undefined ? {} : { problem: first };
  }
}
