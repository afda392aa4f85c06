// A checkpoint of the first agent is read by every later one.
import { expect, test } from '@jest/globals';
import { ledgersOf } from '../../../../src/agent/ledger.js';
import { replay } from '../../../../src/agent/spool/journal.js';
import { balances } from '../../../../src/protocol/ledger.js';

// As it was written before there were snapshots, suspensions and cuts. Never edited.
const OLD =
  '{"type":"checkpoint","state":{"id":"00a1b2c3d4e5f607","runID":"20261120T030512Z-1a2b3c","attempt":1,"attemptStartMs":1795143912500,"reportsFrom":1000000,"targets":{"web-0_1a2b3c4d":{"name":"web-0_1a2b3c4d","podName":"web-0","podUID":"1a2b3c4d-0000-4000-8000-000000000000","podIPs":["10.0.0.7"],"linkType":"LINUX_SLL2","interfaces":[{"index":1,"name":"lo"},{"index":2,"name":"eth0","mac":"0a:58:0a:00:00:07"}],"nextSequence":4,"nextStart":2,' +
  '"settled":{"packets":{"captured":30,"uploaded":20,"pending":0,"discarded":10,"droppedByKernel":1,"droppedByInterface":0},"files":{"captured":2,"uploaded":1,"pending":0,"discarded":1},"bytes":{"captured":3000,"uploaded":2000,"pending":0,"discarded":1000}},"drops":{"attempt":1,"start":1,"kernel":2,"interface":0},"running":{"attempt":1,"start":1},"lastAttempt":1,"captureStartMs":1795143912500,"listeningUs":1795143912500000,"lastPacketUs":1795143920000000}},' +
  '"pending":{"web-0_1a2b3c4d/3":{"target":"web-0_1a2b3c4d","attempt":1,"start":1,"sequence":3,"name":"capture.2","from":0,"to":500,"packets":5,"openedMs":1795143918000,"firstUs":1795143918000000,"lastUs":1795143920000000}},"leaving":{},"unsealed":[],"segments":[],"gaps":{"count":1,"seconds":2.5,"newest":[{"target":"web-0_1a2b3c4d","fromUs":1795143913000000,"toUs":1795143915500000,"reason":"TcpdumpDied"}]},"discards":{"SpoolFull":10},"recentFiles":[],"captureStartMs":1795143912500,"done":false}}\n';

test('a checkpoint of the first agent goes on as it was', () => {
  const lines = [
    '{"type":"closed","file":{"target":"web-0_1a2b3c4d","attempt":1,"start":1,"sequence":4,"name":"capture.3","from":0,"to":700,"packets":7,"openedMs":1795143921000,"firstUs":1795143921000000,"lastUs":1795143922000000}}',
    '{"type":"discarded","target":"web-0_1a2b3c4d","sequence":3,"reason":"RingOverwrote"}',
  ];
  const { state } = replay(Buffer.from(`${OLD}${lines.join('\n')}\n`), { warn: () => undefined });
  expect(state).toMatchObject({ snapshots: [], cuts: {}, suspendedMs: 0, gaps: { count: 1, suspended: { count: 0, seconds: 0 } }, targets: { 'web-0_1a2b3c4d': { nextSequence: 5 } } });
  const { total } = ledgersOf(state, new Map());
  expect(total.packets).toEqual({ captured: 42, uploaded: 20, pending: 7, discarded: 15, released: 0, droppedByKernel: 3, droppedByInterface: 0 });
  expect([total.packets, total.files, total.bytes].every(balances)).toBe(true);
});
