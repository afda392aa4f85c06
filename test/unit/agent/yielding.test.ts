// When uploads wait for tcpdump, and that they never wait where that would cost files.
import { expect, test } from '@jest/globals';
import { uploadsWait, type Writing } from '../../../src/agent/yielding.js';

const GB = 1e9;
const job = (over: object = {}) => ({ ring: {}, spool: { maxSizeBytes: GB, reserveFraction: 0.15, retentionSeconds: 3600 }, upload: { policy: 'Continuous' as const, compression: 'None' as const }, ...over });
const FLOOD: Writing = { capturing: true, bytesPerSecond: 400e6, freeBytes: GB, pendingFiles: 1 };

test.each([
  ['tcpdump writes fast and the spool is empty', true, {}, {}],
  ['what comes is little', false, { bytesPerSecond: 19e6 }, {}],
  ['nothing is captured any more', false, { capturing: false }, {}],
  ['half of the spool is taken', false, { freeBytes: GB / 2 }, {}],
  ['half of the ring waits', false, { pendingFiles: 3 }, { ring: { files: 6 } }],
  ['less than half of the ring waits', true, { pendingFiles: 2 }, { ring: { files: 6 } }],
  ['the ring has one file', false, {}, { ring: { files: 1 } }],
  ['somebody asked for the files', false, {}, { upload: { policy: 'OnDemand', compression: 'None' } }],
])('where %s: %s', (_, waits, writing, over) => expect(uploadsWait(job(over), { ...FLOOD, ...writing })).toBe(waits));
