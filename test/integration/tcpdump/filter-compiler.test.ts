import { describe, expect, test } from '@jest/globals';
import { runChild, type RunChild } from '../../../src/tcpdump/child.js';
import { FilterCompiler } from '../../../src/tcpdump/filter-compiler.js';

const compiler = new FilterCompiler(runChild, ['unshare', '--net']);
const alternatives = (count: number, of: (n: number) => string): string => Array.from({ length: count }, (_, n) => of(n + 1)).join(' or ');

describe('a filter', () => {
  test.each([
    ['that is empty', '', 'LINUX_SLL2'],
    ['of the everyday kind', 'tcp port 8080 and not host 10.0.0.1', 'LINUX_SLL2'],
    ['by flags', 'tcp[tcpflags] & (tcp-syn|tcp-fin) != 0', 'EN10MB'],
    ['for one link type', 'ether host 00:11:22:33:44:55', 'EN10MB'],
    ['by direction and interface', 'outbound and tcp and not ifindex 1', 'LINUX_SLL2'],
    ['of hundreds of addresses', alternatives(200, (n) => `host 10.0.0.${n}`), 'LINUX_SLL2'],
  ])('%s compiles', async (_what, filter, linkType) => {
    expect(await compiler.problem(filter, linkType)).toBeUndefined();
  });

  test.each([
    ['with a syntax error, in the words of tcpdump', 'tcp port and', 'LINUX_SLL2', /^tcpdump says: .*syntax error/],
    ['for another link type', 'ether host 00:11:22:33:44:55', 'LINUX_SLL2', /^tcpdump says: ethernet addresses supported only on/],
    ['by VLAN for another link type', 'vlan 5 and tcp', 'LINUX_SLL2', /^tcpdump says: no VLAN support/],
    ['that the kernel would refuse', alternatives(235, (n) => `ip6 host ::${n.toString(16)}`), 'EN10MB', /^it compiles to \d+ instructions, the kernel takes at most 4096/],
    ['with a name, which tcpdump is not asked about', 'host example.com', 'EN10MB', /could be a host name/],
  ])('%s does not', async (_what, filter, linkType, words) => {
    expect(await compiler.problem(filter, linkType)).toMatch(words);
  });
});

test('what takes too long is ended, and said so', async () => {
  const hurried: RunChild = (argv, options) => runChild(argv.map((arg) => (arg.startsWith('--cpu=') ? '--cpu=1' : arg)) as [string, ...string[]], options);
  const slow = alternatives(330, (n) => `port ${n}`);
  expect(await new FilterCompiler(hurried, []).problem(slow, 'LINUX_SLL2')).toContain('needs more than');
});

test('an answer is remembered: tcpdump is asked once', async () => {
  let asked = 0;
  const counting: RunChild = (argv, options) => ((asked += 1), runChild(argv, options));
  const remembering = new FilterCompiler(counting, []);
  await Promise.all([1, 2, 3].map(() => remembering.problem('udp', 'EN10MB')));
  await remembering.problem('udp', 'LINUX_SLL2');
  expect(asked).toBe(2);
});

test('where tcpdump is missing nothing is said about the filter', async () => {
  await expect(new FilterCompiler(runChild, ['no-such-program']).problem('udp', 'EN10MB')).rejects.toThrow(/can't be asked/);
});
