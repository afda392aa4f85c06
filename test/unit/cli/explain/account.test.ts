import { expect, test } from '@jest/globals';
import { accountOf } from '../../../../src/cli/explain/account.js';
import { aLedger } from '../../plan/builders.js';
import { aManifest } from './situations.js';

const gap = (from: string) => ({ target: 't', from, to: from, reason: 'TcpdumpDied' });

test('of attempts that share a spool the last has the account; spools and nodes are added up', () => {
  const account = accountOf([
    aManifest({ attempt: 2, ledger: aLedger({ captured: 30, uploaded: 20, discarded: 10 }), discards: { SpoolFull: 10 }, gaps: [gap('2026-11-20T03:06:00Z')] }),
    aManifest({ attempt: 1, final: false, ledger: aLedger({ captured: 10, uploaded: 10 }), gaps: [] }),
    aManifest({ attempt: 3, spool: 'spool-2', ledger: aLedger({ captured: 5, uploaded: 5 }) }),
    aManifest({ node: 'node-b', ledger: aLedger({ captured: 7, uploaded: 4, discarded: 3 }), discards: { SpoolFull: 2, Damaged: 1 }, gaps: [gap('2026-11-20T03:05:30Z')] }),
  ]);
  expect(account).toMatchObject({ ledger: { packets: { captured: 42, uploaded: 29, discarded: 13 } }, discards: { SpoolFull: 12, Damaged: 1 }, nodes: ['node-a', 'node-b'], attempts: 4 });
  expect(account.gaps.map(({ from }) => from)).toEqual(['2026-11-20T03:05:30Z', '2026-11-20T03:06:00Z']);
});
