// Packets for tests of live.
import type { PodPacket } from '../../../../src/cli/live/packet-sink.js';
import type { PacketSource } from '../../../../src/pcap/packet.js';

export const ETHERNET: PacketSource = { linkType: 1, snapLength: 262_144, digits: 6 };
export const COOKED: PacketSource = { linkType: 276, snapLength: 262_144, digits: 6 };

export const packetOf = (pod: string, second: number, source = COOKED): PodPacket => ({ pod, source, packet: { seconds: second, nanos: 0, originalLength: 4, data: Buffer.from('data') } });
