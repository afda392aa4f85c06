// The packets of one file of the bucket, decoded while it arrives and verified when it is whole.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough, type Duplex } from 'node:stream';
import { PacketDecoder } from '../../pcap/packet-decoder.js';
import type { Packet, PacketSource } from '../../pcap/packet.js';
import { decompressorFor } from '../decompressor.js';
import type { StoreClient } from '../download/store-client.js';
import { Failure } from '../failure.js';
import type { OrderedFile } from './file-order.js';

/** Calls back with each packet that is not among the first `skip`. Resolves with whether the file is what the manifest says. */
export async function readFilePackets(client: StoreClient, file: OrderedFile, skip: number, signal: AbortSignal, onPackets: (packets: Packet[], source: PacketSource) => Promise<void>): Promise<boolean> {
  const hash = createHash('sha256');
  const unpacked = unpackerOf(file.key);
  const decoding = decode(unpacked, skip, onPackets);
  // Awaited below; until then a failure of it must not be nobody's.
  decoding.catch((error: unknown) => unpacked.destroy(error as Error));
  unpacked.on('error', () => undefined);
  try {
    await client.get(file.url, { from: 0, signal }, {
      begin: () => Promise.resolve(),
      async chunk(bytes) {
        hash.update(bytes);
        if (unpacked.destroyed) return;
        if (!unpacked.write(bytes)) await Promise.race([once(unpacked, 'drain'), once(unpacked, 'close')]);
      },
    });
    unpacked.end();
  } catch (error) {
    unpacked.destroy();
    await decoding.catch(() => undefined);
    throw error;
  }
  await decoding;
  return file.sha256 === undefined || hash.digest('hex') === file.sha256;
}

async function decode(stream: AsyncIterable<Buffer>, skip: number, onPackets: (packets: Packet[], source: PacketSource) => Promise<void>): Promise<void> {
  const decoder = new PacketDecoder();
  let left = skip;
  for await (const chunk of stream) {
    const packets = decoder.push(chunk);
    const shown = packets.slice(left);
    left = Math.max(0, left - packets.length);
    if (decoder.source && shown.length > 0) await onPackets(shown, decoder.source);
  }
}

function unpackerOf(key: string): Duplex {
  const decompressor = decompressorFor(key) ?? new PassThrough();
  if (decompressor === 'missing') throw new Failure('the files of this capture are compressed by Zstd, which Node has from version 22.15 on; use the single executable, or another compression');
  return decompressor;
}
