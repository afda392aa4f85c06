import { PassThrough, Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { PacketSink } from '../../../../src/cli/live/packet-sink.js';
import { PacketDecoder } from '../../../../src/pcap/packet-decoder.js';
import { FakeClock } from '../../kube/fake-clock.js';
import { COOKED, ETHERNET, packetOf } from './packets.js';

/** Types of the blocks of a pcapng. */
function blocks(bytes: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at + 4)) types.push(bytes.readUInt32LE(at));
  return types;
}
const SECTION = 0x0a0d0d0a;
const [INTERFACE, NAMES, PACKET] = [1, 4, 6];
const readAll = (stream: PassThrough): Buffer => (stream.read() as Buffer | null) ?? Buffer.alloc(0);

test('pcapng: an interface for each pod and link type, once, before its first packet', async () => {
  const out = new PassThrough();
  const sink = new PacketSink(out, 'pcapng', new FakeClock());
  sink.announce('a', COOKED);
  await sink.write([packetOf('a', 1), packetOf('b', 2), packetOf('a', 3), packetOf('a', 4, ETHERNET)]);
  expect(blocks(readAll(out))).toEqual([SECTION, INTERFACE, PACKET, INTERFACE, PACKET, PACKET, INTERFACE, PACKET]);
  expect(sink.packets).toBe(4);
  sink.end();
});

test('pcap: one header as soon as the link type is known; packets of another are left out and counted', async () => {
  const out = new PassThrough();
  const sink = new PacketSink(out, 'pcap', new FakeClock());
  sink.announce('a', COOKED);
  expect(out.readableLength).toBe(24);
  await sink.write([packetOf('a', 1), packetOf('b', 2, ETHERNET), packetOf('b', 3)]);
  expect(new PacketDecoder().push(readAll(out)).map(({ seconds }) => seconds)).toEqual([1, 3]);
  expect({ shown: sink.packets, leftOut: sink.leftOut }).toEqual({ shown: 2, leftOut: 1 });
});

test('a pipe with nothing to carry is tried with a block that says nothing, so that a reader who has gone is found out', async () => {
  const clock = new FakeClock();
  const out = new PassThrough();
  const sink = new PacketSink(out, 'pcapng', clock);
  await clock.advance(2000);
  expect(blocks(readAll(out))).toEqual([SECTION, NAMES, NAMES, NAMES]);
  out.destroy(Object.assign(new Error('gone'), { code: 'EPIPE' }));
  await clock.advance(500);
  expect(sink.closed.aborted).toBe(true);
  expect(sink.failure).toBeUndefined();
  await sink.write([packetOf('a', 1)]);
  sink.end();
});

test('a full disk is a failure, not a reader who has gone', async () => {
  const out = new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })) });
  const sink = new PacketSink(out, 'pcapng', new FakeClock(), { isPipe: false });
  await new Promise((resolve) => out.once('close', resolve));
  expect(sink.failure?.message).toBe('no space left on device');
});

test('a reader that is slow is waited for, and one that goes meanwhile is not', async () => {
  const out = new PassThrough({ highWaterMark: 1 });
  const sink = new PacketSink(out, 'pcap', new FakeClock());
  let isWritten = false;
  const writing = sink.write([packetOf('a', 1)]).then(() => (isWritten = true));
  await new Promise(setImmediate);
  expect(isWritten).toBe(false);
  out.destroy();
  await writing;
});
