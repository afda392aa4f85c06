// Addresses as the kernel lists them and as the API writes them, compared.
import { describe, expect, test } from '@jest/globals';
import { canonicalAddress, deviceNames, localIPv4, localIPv6 } from '../../../../src/agent/netns/addresses.js';
import { chooseNetns, type Candidate } from '../../../../src/agent/netns/choose.js';
import { startTicks } from '../../../../src/agent/netns/processes.js';

const FIB_TRIE = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.244.1.0/24 2 0 1
        |-- 10.244.1.0
           /24 link UNICAST
        |-- 10.244.1.17
           /32 host LOCAL
        |-- 10.244.1.255
           /32 link BROADCAST
     +-- 127.0.0.0/8 2 0 2
        |-- 127.0.0.1
           /32 host LOCAL
Local:
        |-- 10.244.1.17
           /32 host LOCAL
`;
const IF_INET6 = `00000000000000000000000000000001 01 80 10 80       lo
fd000000000000000000000000000017 02 40 00 80     eth0
`;
const DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
  eth0: 1234567     100    0    0    0     0          0         0        0       0    0    0    0     0       0          0
`;

test('local addresses are those of the host, not networks or broadcasts', () => {
  expect(localIPv4(FIB_TRIE)).toEqual(['10.244.1.17', '127.0.0.1']);
  expect(localIPv6(IF_INET6)).toEqual(['00000000000000000000000000000001', 'fd000000000000000000000000000017']);
  expect(deviceNames(DEV)).toEqual(['lo', 'eth0']);
});

test.each([
  ['10.244.1.17', '10.244.1.17'],
  ['fd00::17', 'fd000000000000000000000000000017'],
  ['FD00:0:0:0:0:0:0:17', 'fd000000000000000000000000000017'],
  ['fe80::1%eth0', 'fe800000000000000000000000000001'],
  ['::1', '00000000000000000000000000000001'],
  ['no address', 'no address'],
])('%s is spelled %s', (address, canonical) => expect(canonicalAddress(address)).toBe(canonical));

test('a start time is found behind any process name', () => {
  const fields = Array.from({ length: 30 }, (_, n) => String(n + 4));
  expect(startTicks(`42 (a) b (c) S ${fields.join(' ')}`)).toBe(22);
});

describe("the pod's own netns", () => {
  const candidate = (over: Partial<Candidate>): Candidate => ({ inode: 1n, pid: 10, startTicks: 100, addresses: ['10.0.0.1'], ...over });
  const sandbox = candidate({ inode: 7n, pid: 20, startTicks: 50 });
  test.each([
    ['holds its IP', [candidate({ startTicks: 1, addresses: [] }), sandbox], ['10.0.0.1'], 7n],
    ['has the oldest process of those that hold it', [candidate({ inode: 9n, startTicks: 60 }), sandbox], ['10.0.0.1'], 7n],
    ['has the lower PID where both started in one tick', [candidate({ inode: 9n, pid: 21, startTicks: 50 }), sandbox], ['10.0.0.1'], 7n],
    ['holds one of its IPs', [sandbox], ['fd00', '10.0.0.1'], 7n],
    ['is that of the oldest process while its IPs are not known', [candidate({ inode: 9n }), candidate({ inode: 7n, startTicks: 2, addresses: [] })], [], 7n],
    ['is none that holds none of its IPs', [sandbox], ['10.0.0.2'], undefined],
    ['is none where there is none', [], ['10.0.0.1'], undefined],
  ])('%s', (_, candidates, podIPs, inode) => expect(chooseNetns(candidates, podIPs)?.inode).toBe(inode));

  const former = { inode: 3n, seenTicks: 200 };
  test.each([
    ['stays where it was as long as that holds its IP', [sandbox, candidate({ inode: 3n, startTicks: 300 }), candidate({ startTicks: 250 })], 3n],
    ['is none that is as old as the former sandbox', [sandbox, candidate({ startTicks: 150 })], undefined],
    ['is the oldest of those that came after the former sandbox', [sandbox, candidate({ startTicks: 300 }), candidate({ inode: 8n, startTicks: 200 })], 8n],
    ['is not where it was once that holds its IP no more', [candidate({ inode: 3n, addresses: [] }), candidate({ inode: 8n, startTicks: 201 })], 8n],
  ])('%s', (_, candidates, inode) => expect(chooseNetns(candidates, ['10.0.0.1'], former)?.inode).toBe(inode));
});
