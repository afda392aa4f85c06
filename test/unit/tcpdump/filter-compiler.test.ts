import { expect, test } from '@jest/globals';
import { lastWords } from '../../../src/tcpdump/filter-compiler.js';

test("tcpdump's last words are its complaints", () => {
  const stderr = 'tcpdump: data link type LINUX_SLL2\ntcpdump: listening on any, link-type LINUX_SLL2 (Linux cooked v2), snapshot length 262144 bytes\ntcpdump: pcap_loop: The interface disappeared\n3 packets captured\n';
  expect(lastWords(stderr)).toBe('pcap_loop: The interface disappeared');
});
