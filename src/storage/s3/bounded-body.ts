// The body of an answer, as far as it may go.
import { DELIVERY_REASON } from '../../api/reasons.js';
import { StorageError } from '../errors.js';

export interface BoundedBody {
  /** Throws where the answer is longer. */
  onChunk: (chunk: Buffer) => void;
  whole: () => Buffer;
}

/** Code of the error of an answer that is longer than was asked for. */
export const ANSWER_TOO_LONG = 'AnswerTooLong';

/** `what` was asked, for the error. */
export function boundedBody(maxBytes: number, what: string): BoundedBody {
  const chunks: Buffer[] = [];
  let room = maxBytes;
  return {
    onChunk(chunk) {
      room -= chunk.length;
      if (room < 0) throw new StorageError({ reason: DELIVERY_REASON.storeError, code: ANSWER_TOO_LONG, message: `${what}: the answer has more than ${maxBytes} bytes` });
      chunks.push(chunk);
    },
    whole: () => Buffer.concat(chunks),
  };
}
