// tcpdump's words, in and out: command line, file names, counters, link types.
import { describe, expect, test } from '@jest/globals';
import { largestFileMB, tcpdumpArgv, type TcpdumpOptions } from '../../../../src/agent/tcpdump/argv.js';
import { grownBy, isClosingLine, parseCounters } from '../../../../src/agent/tcpdump/counters.js';
import { compareSavefiles, isSavefile, parseStartFolder, savefilePattern, startFolder } from '../../../../src/agent/tcpdump/file-name.js';
import { chooseLinkType } from '../../../../src/agent/tcpdump/link-type.js';

describe('the command line', () => {
  const options: TcpdumpOptions = { interface: 'any', linkType: 'LINUX_SLL2', filter: 'tcp port 80', snapLength: 96, bufferSizeBytes: 32 * 2 ** 20, fileSizeMB: 10, rotateIntervalSeconds: 30 };
  test('enters the netns by its descriptor, dies with the agent by SIGINT, and has the filter as one element behind --', () => {
    expect(tcpdumpArgv(options)).toEqual([
      ...['setpriv', '--pdeathsig', 'INT', 'nsenter', '--net=/proc/self/fd/3', 'tcpdump', '-i', 'any', '-y', 'LINUX_SLL2', '-n', '-U', '-Z', 'root'],
      ...['-s', '96', '-B', '32768', '-w', '%Y%m%dT%H%M%SZ.', '-C', '10', '-G', '30', '--', 'tcp port 80'],
    ]);
  });
  test('never has -W or -z, and ends at -- without a filter', () => {
    const argv = tcpdumpArgv({ ...options, filter: '  ', rotateIntervalSeconds: undefined });
    expect(argv.at(-1)).toBe('--');
    for (const flag of ['-W', '-z', '-G']) expect(argv).not.toContain(flag);
  });
  test.each([
    [undefined, 1 << 30, 1, 268],
    [undefined, 1 << 30, 10, 26],
    [10e6, 1 << 30, 1, 10],
    [500e6, 1 << 30, 1, 268],
    [1e6, 8e6, 10, 1],
    [undefined, 8e6, 1, 2],
  ])('closes a file of %s bytes in a spool of %s with %s targets at %s MB', (fileSize, spool, targets, mb) => expect(largestFileMB(fileSize, spool, targets)).toBe(mb));
});

describe('file names', () => {
  test('are ordered as they were written', () => {
    const written = ['20261120T030512Z.', '20261120T030512Z.1', '20261120T030512Z.2', '20261120T030512Z.10', '20261120T030514Z.', '20261120T030514Z.1'];
    expect([...written].reverse().sort(compareSavefiles)).toEqual(written);
    expect(['capture.2', 'capture.10', 'capture.'].sort(compareSavefiles)).toEqual(['capture.', 'capture.2', 'capture.10']);
  });
  test('are told from others', () => {
    expect(['capture.', 'capture.3', '20261120T030512Z.'].every(isSavefile)).toBe(true);
    expect(['stderr', 'capture', 'capture.3.gz', '..', ''].some(isSavefile)).toBe(false);
    expect([savefilePattern(true), savefilePattern(false)]).toEqual(['%Y%m%dT%H%M%SZ.', 'capture.']);
  });
  test('of a start tell its attempt and number', () => {
    expect(startFolder(2, 31)).toBe('02-0031');
    expect(parseStartFolder('02-0031')).toEqual({ attempt: 2, start: 31 });
    expect(parseStartFolder('100-10000')).toEqual({ attempt: 100, start: 10_000 });
    expect(parseStartFolder('stderr')).toBeUndefined();
  });
});

describe('counters', () => {
  test('stand in one line while it runs', () =>
    expect(parseCounters('tcpdump: 2500 packets captured, 5002 packets received by filter, 1 packet dropped by kernel, 3 packets dropped by interface')).toEqual({ captured: 2500, received: 5002, droppedByKernel: 1, droppedByInterface: 3 }));
  test('stand in a line each at the end', () => {
    expect(['1 packet captured', '2 packets received by filter', '0 packets dropped by kernel'].map(parseCounters)).toEqual([{ captured: 1 }, { received: 2 }, { droppedByKernel: 0 }]);
    expect([isClosingLine('1 packet captured'), isClosingLine('tcpdump: 1 packet captured, ')]).toEqual([true, false]);
  });
  test('are none in other lines', () => expect(parseCounters('tcpdump: listening on any, link-type LINUX_SLL2 (Linux cooked v2), snapshot length 262144 bytes')).toBeUndefined());
  test('wrap at 32 bits', () => expect([grownBy(5, 9), grownBy(2 ** 32 - 1, 4)]).toEqual([4, 5]));
});

test.each([
  ['Data link types for any (use option -y to set):\n  LINUX_SLL (Linux cooked v1)\n  LINUX_SLL2 (Linux cooked v2)\n', 'LINUX_SLL2'],
  ['Data link types for eth0 (use option -y to set):\n  EN10MB (Ethernet)\n  DOCSIS (DOCSIS)\n', 'EN10MB'],
  ['tcpdump: eth9: No such device exists\n', undefined],
])('of %j the link type is %s', (listing, linkType) => expect(chooseLinkType(listing)).toBe(linkType));
