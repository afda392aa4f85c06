// The link type that tcpdump will write for an interface, by tcpdump's own list.
import type { FileHandle } from 'node:fs/promises';
import type { RunChild } from '../../tcpdump/child.js';
import { lastWords } from '../../tcpdump/filter-compiler.js';

/** Of `tcpdump -L`: `any` is best kept with the interface of each packet (LINUX_SLL2), others by their first, which is the default. */
export function chooseLinkType(listing: string): string | undefined {
  const types = listing.split('\n').flatMap((line) => /^ {2}([A-Z0-9_-]+)(?: |$)/.exec(line)?.[1] ?? []);
  return types.includes('LINUX_SLL2') ? 'LINUX_SLL2' : types[0];
}

/** In this process's own netns where no other is given. Throws with tcpdump's own words where it cannot open the interface. */
export async function linkTypeOf(run: RunChild, netns: FileHandle | undefined, device: string): Promise<string> {
  const list = ['tcpdump', '-i', device, '-L'] as const;
  const result = await (netns ? run(['nsenter', '--net=/proc/self/fd/3', ...list], { descriptors: [netns.fd], timeoutMs: 10_000 }) : run([...list], { timeoutMs: 10_000 }));
  const linkType = chooseLinkType(`${result.stdout}\n${result.stderr}`);
  if (result.code !== 0 || linkType === undefined) throw new Error(lastWords(result.stderr) || `tcpdump -i ${device} -L names no link type`);
  return linkType;
}

/** Link types by interface. Those of `any` are libpcap's own, the same in every netns, and are asked for once: it takes as long as all else that is asked before a tcpdump. */
export class LinkTypes {
  private ofAny: Promise<string> | undefined;

  constructor(private readonly run: RunChild) {}

  any(): Promise<string> {
    this.ofAny ??= linkTypeOf(this.run, undefined, 'any').catch((error: unknown) => {
      this.ofAny = undefined;
      throw error;
    });
    return this.ofAny;
  }

  of(netns: FileHandle, device: string): Promise<string> {
    return device === 'any' ? this.any() : linkTypeOf(this.run, netns, device);
  }
}
