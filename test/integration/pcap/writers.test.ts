// What is written is what tshark reads.
import { spawn } from 'node:child_process';
import { expect, test } from '@jest/globals';
import type { Packet } from '../../../src/pcap/packet.js';
import { pcapHeader, pcapRecord } from '../../../src/pcap/pcap-writer.js';
import { interfaceBlock, packetBlock, sectionHeader } from '../../../src/pcap/pcapng-writer.js';

const ETHERNET = 1;
const SLL2 = 276;
/** Neither of them a whole frame of anything: lengths 1 to 4 show the padding. */
const packet = (n: number, seconds: number, nanos: number): Packet => ({ seconds, nanos, originalLength: 2000 + n, data: Buffer.alloc(n, n) });

/** The fields of each packet, as tshark prints them of what it is given by a pipe. */
function tshark(bytes: Buffer, fields: string[]): Promise<string[][]> {
  return new Promise((resolve, reject) => {
    // Through cat: tshark takes a pipe, and Node gives its children sockets.
    const child = spawn('sh', ['-c', 'cat | tshark "$@"', 'tshark', '-n', '-r', '-', '-T', 'fields', '-E', 'separator=/t', ...fields.flatMap((field) => ['-e', field])]);
    let [out, errors] = ['', ''];
    child.stdout.on('data', (text) => (out += String(text)));
    child.stderr.on('data', (text) => (errors += String(text)));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(out.trimEnd().split('\n').map((line) => line.split('\t'))) : reject(new Error(`tshark: ${errors}`))));
    child.stdin.end(bytes);
  });
}

const FIELDS = ['frame.time_epoch', 'frame.cap_len', 'frame.len', 'frame.encap_type'];

test.each([[6, '1700000000.123456000'], [9, '1700000000.123456789']] as const)('pcap with %d digits of the second', async (digits, time) => {
  const file = Buffer.concat([pcapHeader({ linkType: ETHERNET, snapLength: 262_144, digits }), pcapRecord(packet(3, 1_700_000_000, 123_456_789), digits)]);
  expect(await tshark(file, FIELDS)).toEqual([[time, '3', '2003', '1']]);
});

test('pcapng: a block for each interface with its name and link type, also one that comes after the first packets', async () => {
  const file = Buffer.concat([
    sectionHeader(),
    interfaceBlock({ name: 'web-0', linkType: ETHERNET, snapLength: 262_144, digits: 6 }),
    packetBlock(0, packet(1, 1_700_000_000, 1_000), 6),
    packetBlock(0, packet(2, 1_700_000_000, 2_000), 6),
    interfaceBlock({ name: 'web-1', linkType: SLL2, snapLength: 96, digits: 9 }),
    packetBlock(1, packet(3, 1_700_000_001, 3), 9),
    packetBlock(0, packet(4, 4_294_967_295, 999_999_000), 6),
  ]);
  expect(await tshark(file, [...FIELDS.slice(0, 3), 'frame.interface_name', 'frame.encap_type'])).toEqual([
    ['1700000000.000001000', '1', '2001', 'web-0', '1'],
    ['1700000000.000002000', '2', '2002', 'web-0', '1'],
    ['1700000001.000000003', '3', '2003', 'web-1', '210'],
    ['4294967295.999999000', '4', '2004', 'web-0', '1'],
  ]);
});
