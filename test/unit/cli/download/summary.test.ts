// How a download ends: by what is here, and by what the manifests say was lost on the way.
import { describe, expect, test } from '@jest/globals';
import { accountOf } from '../../../../src/cli/download/account.js';
import { recordOf } from '../../../../src/cli/download/record.js';
import { summaryOf } from '../../../../src/cli/download/summary.js';
import { EXIT } from '../../../../src/cli/exit-codes.js';
import type { Downloaded } from '../../../../src/cli/download/download.js';
import { aFile, aManifest, prefixOf, RUN_ID } from './a-run.js';

const file = aFile(prefixOf('', 'web'), 'web-0_0a1b2c3d', 1);
const ended = (override: Partial<Downloaded> = {}): Downloaded => ({ runID: RUN_ID, directory: '/d', files: [], problems: [], account: { packets: 0, losses: [], pending: [] }, ...override });

describe('the exit code', () => {
  test.each([
    ['all is here', {}, EXIT.ok],
    ['the capture lost packets', { account: { packets: 0, losses: ['17 packets discarded'], pending: [] } }, EXIT.lossy],
    ['more is to come', { account: { packets: 0, losses: [], pending: ['1 file'] } }, EXIT.ok],
    ['a file is missing, whatever was lost beside it', { problems: ['x is missing'], account: { packets: 0, losses: ['17 packets discarded'], pending: [] } }, EXIT.error],
  ])('where %s', (_, override, code) => {
    expect(summaryOf(ended(override)).exitCode).toBe(code);
  });
});

describe('what the manifests say', () => {
  test('is the last word of each spool, and a lost spool beside the one that followed it', () => {
    const lost = { RingOverwrote: 3 };
    const manifests = [aManifest([], { attempt: 2, discards: { RingOverwrote: 5 } }), aManifest([], { attempt: 1, discards: lost }), aManifest([], { attempt: 3, spool: 'other', discards: { SpoolLost: 7 } }), aManifest([], { node: 'node-b', discards: lost })];
    expect(accountOf(recordOf(manifests, () => [])).losses).toEqual(['8 packets discarded: the ring pushed files out before they were delivered', "7 packets discarded: the node's spool was lost with them"]);
  });

  test('is no loss where a ring let go what it was to, or where it was suspended', () => {
    const gap = { target: 't', from: '2026-11-20T03:05:12Z', to: '2026-11-20T03:06:12Z' };
    expect(accountOf({ spools: [aManifest([], { discards: { Released: 100 }, gaps: [{ ...gap, reason: 'Suspended' }] })] }).losses).toEqual([]);
    expect(accountOf({ spools: [aManifest([], { gaps: [{ ...gap, reason: 'AgentRestarted' }] })] }).losses).toEqual(['1 gap in which no tcpdump listened; the manifest has from, to and reason']);
  });

  test('of a file is what the highest attempt has, also from a segment', () => {
    const segment = { key: 'seg', sha256: 'x', files: 1 };
    const pending = { ...file.entry, state: 'pending' };
    const record = recordOf([aManifest([file.entry], { attempt: 2 }), aManifest([], { attempt: 1, segments: [segment] })], (key) => (key === 'seg' ? [pending] : []));
    expect(record.files.get(file.key)?.state).toBe('uploaded');
  });
});
