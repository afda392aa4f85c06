// The screen against the real tcpdump: it lets through what needs no resolver, and nothing that asks one.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { filterProblem } from '../../../src/api/filter.js';
import { NAMELESS, NAMING } from './filter-corpus.js';

const LINK_TYPE = { EN10MB: 1, LINUX_SLL2: 276 };
/** libpcap's words after it asked a resolver, /etc/hosts, /etc/networks or /etc/ethers in vain. */
const ASKED = /unknown (ether )?(host|network)/;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'filter-'));
  for (const [name, number] of Object.entries(LINK_TYPE)) {
    const header = Buffer.alloc(24);
    [0xa1b2c3d4, 0x00040002, 0, 0, 262144, number].forEach((word, i) => header.writeUInt32LE(word, 4 * i));
    await writeFile(join(folder, `${name}.pcap`), header);
  }
});
afterAll(() => rm(folder, { recursive: true }));

/** What tcpdump says to a filter: the empty string where it compiles. In a network namespace of its own, so that no query leaves. */
const complaint = (filter: string, linkType: string): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile('unshare', ['--net', 'tcpdump', '-r', join(folder, `${linkType}.pcap`), '-d', '--', filter], { timeout: 20_000 }, (error, _stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(new Error(`tcpdump could not be asked about ${filter}`, { cause: error }));
      else resolve(error ? stderr.split('\n').filter((line) => line.startsWith('tcpdump:')).join(' ') || `exit status ${error.code}` : '');
    });
  });

const complaints = (filter: string): Promise<string[]> => Promise.all(Object.keys(LINK_TYPE).map((linkType) => complaint(filter, linkType)));

test.each(NAMELESS)('compiles, for one link type at least, and passes: %s', async (filter) => {
  expect(await complaints(filter)).toContain('');
  expect(filterProblem(filter)).toBeUndefined();
});

describe('hostile: filter', () => {
  test.each(NAMING)('a name to look up, %j → refused before tcpdump, which would ask a resolver of its own', async (filter) => {
    expect(await complaints(filter)).not.toContain('');
    expect(filterProblem(filter)).toMatch(/could be a host name/);
  });
});

describe('of random filters', () => {
  const word = fc.constantFrom(
    ...'host net port portrange src dst and or not ether ip ip6 tcp proto gateway mask ( ) ! && || [ ] = - : / \\tcp http ssh llc type on'.split(' '),
    ...['10.0.0.1', '10.0.0.0/8', '80', '0x1f', 'fe80::1', '00:11:22:33:44:55', '1-2', 'abcd', 'a.b', 'TCP', 'vlan', 'a', '1::2', '5-', 'ah', 'tcpflags', 'tcp-syn', 'a1-bb'],
  );
  const filter = fc.array(fc.tuple(word, fc.constantFrom(' ', ' ', ' ', '')), { minLength: 1, maxLength: 7 }).map((parts) => parts.flat().join(''));

  test('none that passes asks a resolver', async () => {
    await fc.assert(
      fc.asyncProperty(filter, async (text) => {
        fc.pre(filterProblem(text) === undefined);
        expect(await complaint(text, 'EN10MB')).not.toMatch(ASKED);
      }),
      { numRuns: 300 },
    );
  });

  test('none that is refused for a name would have compiled without one', async () => {
    await fc.assert(
      fc.asyncProperty(filter, async (text) => {
        fc.pre(filterProblem(text)?.includes('could be a host name') === true);
        expect(await complaint(text, 'EN10MB')).not.toBe('');
      }),
      { numRuns: 300 },
    );
  });
});
