// The screen before tcpdump: what could be a host name never gets there, and everything of pcap-filter(7) that needs none does.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { filterProblem } from '../../../src/api/filter.js';
import { NAMELESS, NAMING } from '../../integration/api/filter-corpus.js';

describe('a filter passes', () => {
  test.each([['empty', ''], ['of spaces', '   '], ...NAMELESS.map((filter) => [filter, filter])])('%s', (_, filter) => {
    expect(filterProblem(filter)).toBeUndefined();
  });
});

describe('a filter that could ask DNS is refused', () => {
  test.each(NAMING)('%s', (filter) => {
    expect(filterProblem(filter)).toMatch(/could be a host name/);
  });

  test('the sentence shows the token', () => {
    expect(filterProblem('tcp and host db.example.com')).toMatch(/^"db\.example\.com" could be a host name.*use an IP address/);
  });

  test('a long token is shortened', () => {
    expect(filterProblem(`host ${'a'.repeat(200)}`)).toMatch(/^"a{57}\.\.\."/);
  });

  test('whatever word of the language comes before it, but those that take a name of their own', () => {
    const word = fc.stringMatching(/^[g-z][g-z0-9]{2,20}\.[g-z]{2,8}$/);
    fc.assert(fc.property(fc.constantFrom('host', 'src', 'dst host', 'src net', 'ether host', 'gateway', 'tcp or', 'port 80 and host', 'not src'), word, (before, name) => {
      expect(filterProblem(`${before} ${name}`)).toContain(name);
    }));
  });
});

describe('text that is no filter', () => {
  test.each(['-w /tmp/x', '  -z/bin/sh', '-'])('that begins with a dash is refused: %s', (filter) => {
    expect(filterProblem(filter)).toMatch(/begins with "-"/);
  });

  test.each([
    ['tcp port 80\n', 'U+000A at 11'],
    ['tcp\u0000', 'U+0000 at 3'],
    ['host 10.0.0.1 – 2', 'U+2013 at 14'],
    ['host ＬＯＣＡＬ', 'U+FF2C at 5'],
    ['tcp 😀', 'U+1F600 at 4'],
  ])('with %j in it is refused, with the place', (filter, place) => {
    expect(filterProblem(filter)).toContain(place);
  });

  test('past 4,096 characters is refused with its length', () => {
    const filter = 'tcp or '.repeat(600);
    expect(filterProblem(filter)).toMatch(/^of 4200 characters: at most 4096/);
    expect(filterProblem(`${'tcp or '.repeat(584)}udp`)).toBeUndefined();
  });
});

test('any text gets an answer, and quickly', () => {
  fc.assert(fc.property(fc.string({ maxLength: 4096 }), (text) => {
    const problem = filterProblem(text);
    expect(problem === undefined || problem.length < 300).toBe(true);
  }));
  const worst = ['0:', 'a-', '1.', '\\a', '0x', '::', '((', 'a.', '00-'].map((part) => part.repeat(4096).slice(0, 4096));
  for (const text of worst) {
    const started = performance.now();
    filterProblem(text);
    expect(performance.now() - started).toBeLessThan(500);
  }
});
