// The spec that the flags ask for: what was said, and nothing that is the default anyway.
import type * as z from 'zod';
import type { PacketCaptureSpec, packetCaptureSpecSchema } from '../../api/packetcapture.js';
import { parseRing } from './ring.js';
import { parseTarget } from './target.js';

/** Of a capture. The order of the fields is that of the documentation. */
export interface CaptureFlags {
  selector?: string;
  maxTargets?: number;
  interface?: string;
  filter?: string;
  snapLength?: number;
  bufferSize?: string;
  duration?: string;
  maxSize?: string;
  maxPackets?: number;
  ring?: string;
  spool?: string;
  compression?: PacketCaptureSpec['upload']['compression'];
  destination?: string;
  recorder?: boolean;
}

/** As it stands in a file, before defaults are filled in. */
export type WrittenSpec = z.input<typeof packetCaptureSpecSchema>;

const RECORDER = { duration: '0s', ring: '100M/60s/10' };

/** Throws a Failure where a flag cannot be read. */
export function specOf(target: string | undefined, flags: CaptureFlags): WrittenSpec {
  const { recorder = false, compression, destination, maxTargets } = flags;
  const duration = flags.duration ?? (recorder ? RECORDER.duration : undefined);
  const ring = flags.ring ?? (recorder ? RECORDER.ring : undefined);
  return {
    target: { ...parseTarget(target, flags.selector), ...given({ maxTargets }) },
    ...given({ interface: flags.interface, filter: flags.filter, snapLength: flags.snapLength, bufferSize: flags.bufferSize, duration, maxSize: flags.maxSize, maxPackets: flags.maxPackets }),
    ...(ring !== undefined && { ring: parseRing(ring) }),
    ...(flags.spool !== undefined && { spool: { maxSize: flags.spool } }),
    ...((recorder || compression !== undefined) && { upload: { ...(recorder && { policy: 'OnDemand' as const }), ...given({ compression }) } }),
    ...(destination !== undefined && { storage: { destinationRef: { kind: 'ClusterCaptureDestination' as const, name: destination } } }),
  };
}

const given = <T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
