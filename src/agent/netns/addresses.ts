// Addresses of a network namespace from its /proc/net, and addresses in one spelling, to compare them.
import { isIPv4, isIPv6 } from 'node:net';

/** IPv4 addresses of /proc/net/fib_trie: a leaf `|-- ADDRESS` followed by `/32 host LOCAL`. */
export function localIPv4(fibTrie: string): string[] {
  const found = new Set<string>();
  let leaf: string | undefined;
  for (const line of fibTrie.split('\n')) {
    const match = /\|-- ([0-9.]+)/.exec(line);
    if (match) leaf = match[1];
    else if (leaf !== undefined && line.includes('/32 host LOCAL')) found.add(leaf);
  }
  return [...found];
}

/** IPv6 addresses of /proc/net/if_inet6, as 32 hexadecimal digits. */
export const localIPv6 = (ifInet6: string): string[] => ifInet6.split('\n').flatMap((line) => /^[0-9a-f]{32}(?= )/.exec(line)?.[0] ?? []);

/** One spelling for one address: IPv4 as it is, IPv6 as 32 hexadecimal digits. */
export function canonicalAddress(address: string): string {
  const text = address.split('%')[0] ?? '';
  if (isIPv4(text) || !isIPv6(text)) return text;
  const [head = '', tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::');
  const groups = (part: string | undefined): string[] => (part ? part.split(':').map((group) => group.padStart(4, '0')) : []);
  const [left, right] = [groups(head), groups(tail)];
  return [...left, ...Array<string>(8 - left.length - right.length).fill('0000'), ...right].join('');
}

/** Names of /proc/net/dev. */
export const deviceNames = (dev: string): string[] => dev.split('\n').flatMap((line) => /^\s*([^\s:]+):/.exec(line)?.[1] ?? []);
