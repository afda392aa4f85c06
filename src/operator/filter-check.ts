// Whether a filter can be right at all, before any Job exists. The real link type is only known in the target's network namespace.
import type { Log } from '../kube/log.js';
import { runChild } from '../tcpdump/child.js';
import { FilterCompiler } from '../tcpdump/filter-compiler.js';

/** What `any` delivers, and what a pod's own interfaces are. */
const LINK_TYPES = { any: ['LINUX_SLL2'], named: ['EN10MB', 'RAW'] };

export class FilterCheck {
  /** The operator may not make a network namespace. The filter's screen is what keeps names from a resolver here. */
  private readonly compiler = new FilterCompiler(runChild, []);

  constructor(private readonly log: Log) {}

  /** What is wrong with a filter that suits no link type of such an interface; undefined where one takes it, and where tcpdump can't be asked (the agent asks again). */
  async error(filter: string, interfaceName: string): Promise<string | undefined> {
    let first: string | undefined;
    try {
      for (const linkType of interfaceName === 'any' ? LINK_TYPES.any : LINK_TYPES.named) {
        const problem = await this.compiler.problem(filter, linkType);
        if (problem === undefined) return undefined;
        first ??= problem;
      }
    } catch (error) {
      this.log.warn({ error: String(error) }, 'filters are checked by the agent only');
      return undefined;
    }
    return first;
  }
}
