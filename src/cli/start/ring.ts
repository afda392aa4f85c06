// How packets are cut into files and how many are kept, as one word: 10M/30s/5.
import { DURATION_PATTERN } from '../../api/duration.js';
import type { PacketCaptureSpec } from '../../api/packetcapture.js';
import { QUANTITY_PATTERN } from '../../api/quantity.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';

type Ring = PacketCaptureSpec['ring'];

const [DURATION, SIZE, FILES] = [new RegExp(DURATION_PATTERN), new RegExp(QUANTITY_PATTERN), /^[0-9]+$/];

/** Each part is known by its unit, so that any may be left out. Throws a Failure where a part is none of them, or is there twice. */
export function parseRing(text: string): Ring {
  const ring: Ring = {};
  for (const part of text.split('/')) {
    const field = FILES.test(part) ? 'files' : DURATION.test(part) ? 'rotateInterval' : SIZE.test(part) ? 'fileSize' : undefined;
    if (field === undefined) throw usage(text, `"${part}" is no size, no time and no number of files`);
    if (ring[field] !== undefined) throw usage(text, `"${ring[field]}" and "${part}" are two of one kind`);
    if (field === 'files') ring.files = Number(part);
    else ring[field] = part;
  }
  // In the order in which they are documented.
  const { files, fileSize, rotateInterval } = ring;
  return { ...(files !== undefined && { files }), ...(fileSize !== undefined && { fileSize }), ...(rotateInterval !== undefined && { rotateInterval }) };
}

const usage = (text: string, why: string): Failure => new Failure(`--ring "${text}": ${why}; write the size of a file, the time that it covers and how many are kept, for example 10M/30s/5 or 10M`, EXIT.usage);
