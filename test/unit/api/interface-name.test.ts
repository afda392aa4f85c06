// Which names may reach libpcap as an interface.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { interfaceProblem } from '../../../src/api/interface-name.js';

test.each(['any', 'lo', 'eth0', 'eth0.100', 'ens3', 'enp0s31f6', 'veth1a2b3c4', 'cali12345678901', 'net1', 'br-lan', 'wg0', 'tun_0', 'bond0', 'can0', 'wlan0', 'dbusx', '0x', '_a'])(
  '%s may',
  (name) => {
    expect(interfaceProblem(name)).toBeUndefined();
  },
);

describe('refused, because it is', () => {
  test.each([
    ['a program to run', 'dbus://unixexec:path=/usr/bin/touch,argv1=/tmp/x', 'not the name of a network interface'],
    ['a remote capture', 'rpcap://host/eth0', 'not the name of a network interface'],
    ['empty', '', 'not the name of a network interface'],
    ['an option', '-z', 'not the name of a network interface'],
    ['a hidden file', '.eth0', 'not the name of a network interface'],
    ['a path', '../eth0', 'not the name of a network interface'],
    ['two words', 'eth0 eth1', 'not the name of a network interface'],
    ['two lines', 'eth0\n', 'not the name of a network interface'],
    ['longer than Linux allows', 'a'.repeat(16), 'not the name of a network interface'],
    ['in other letters', 'éth0', 'not the name of a network interface'],
    ['a netlink log with a group', 'nflog:1', 'not the name of a network interface'],
    ['a netfilter queue', 'nfqueue:0', 'not the name of a network interface'],
    ['an index', '1', 'index'],
    ['a long index', '0123456789', 'index'],
    ['a netlink log', 'nflog', 'pseudo device'],
    ['a netfilter queue without a number', 'nfqueue', 'pseudo device'],
    ['a USB bus', 'usbmon0', 'pseudo device'],
    ['all USB buses', 'usbmon', 'pseudo device'],
    ['Bluetooth', 'bluetooth0', 'pseudo device'],
    ['the system bus', 'dbus-system', 'pseudo device'],
    ['the session bus', 'dbus-session', 'pseudo device'],
    ['an Endace card', 'dag0', 'pseudo device'],
    ['an RDMA device', 'rdma-0', 'pseudo device'],
  ])('%s: %j', (_, name, why) => {
    expect(interfaceProblem(name)).toContain(why);
  });
});

test('the sentence shows the name and what to write', () => {
  expect(interfaceProblem('dbus://x')).toBe('"dbus://x": is not the name of a network interface; use "any", or the name of an interface of the pod such as "eth0"');
});

test('nothing with a character that a URL or an option needs ever passes', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (name) => {
    if (/[^A-Za-z0-9_.-]/.test(name) || name.startsWith('-')) expect(interfaceProblem(name)).toBeDefined();
  }));
});
