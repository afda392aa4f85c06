import { describe, expect, test } from '@jest/globals';
import { EXIT } from '../../../../src/cli/exit-codes.js';
import { outcomeOf } from '../../../../src/cli/observe/outcome.js';
import { capture, COMPLETE, completeCapture, conditions, FAILED, failedCapture } from '../captures.js';

const finished = (of: Parameters<typeof outcomeOf>[0]) => outcomeOf(of, 'finished');

describe('finished', () => {
  test('complete without loss is said with numbers and the place', () => {
    expect(finished(completeCapture())).toEqual({
      exitCode: EXIT.ok,
      sentence: 'packetcapture/web-resets run 20261120T030512Z-1a2b3c is complete: 100 packets in 4 files (12k) in s3://captures/shop/web-resets/20261120T030512Z-1a2b3c; nothing was lost',
    });
  });

  test('loss has a code of its own, and its words', () => {
    const lossy = finished(completeCapture({ ...COMPLETE, LossDetected: ['True', 'DroppedByKernel', 'at most 7 packets dropped by the kernel'] }));
    expect(lossy?.exitCode).toBe(EXIT.lossy);
    expect(lossy?.sentence).toMatch(/; packets were lost: DroppedByKernel: at most 7 packets dropped by the kernel$/);
  });

  test('what nobody knows is no promise that nothing was lost', () => {
    const unknown = finished(completeCapture({ ...COMPLETE, LossDetected: ['Unknown', 'NodeUnreachable', "node \"node-b\" can't be asked"] }));
    expect(unknown?.exitCode).toBe(EXIT.lossy);
    expect(unknown?.sentence).toMatch(/whether packets were lost is not known: NodeUnreachable: node "node-b" can't be asked$/);
  });

  test('names the targets that failed beside what is complete', () => {
    const some = finished(completeCapture({ ...COMPLETE, Complete: ['True', 'SomeTargetsFailed', 'failed: web-1 (InterfaceNotFound)'] }));
    expect(some).toMatchObject({ exitCode: EXIT.ok, sentence: expect.stringContaining('; SomeTargetsFailed: failed: web-1 (InterfaceNotFound); nothing was lost') });
  });

  test('failed says why, and where the rest is', () => {
    expect(finished(failedCapture())).toEqual({ exitCode: EXIT.failed, sentence: 'packetcapture/web-resets run 20261120T030512Z-1a2b3c failed: Unschedulable: 0/2 nodes are available' });
    const partly = failedCapture();
    partly.status = { ...partly.status, packets: { captured: 10, uploaded: 4 } };
    expect(finished(partly)?.sentence).toMatch(/; what was delivered is in s3:\/\/captures\//);
  });

  test('a spec that cannot be carried out has failed, though no run began', () => {
    const refused = capture({ status: { phase: 'Failed', run: undefined, packets: undefined, conditions: conditions({ Accepted: ['False', 'InvalidFilter', 'x'], Ready: ['False', 'InvalidFilter', 'syntax error'] }) } });
    expect(finished(refused)).toEqual({ exitCode: EXIT.failed, sentence: 'packetcapture/web-resets failed: InvalidFilter: syntax error' });
  });

  test.each(['Pending', 'Starting', 'Capturing', 'Suspended', 'Uploading'])('%s goes on', (phase) => expect(finished(capture({ status: { phase } }))).toBeUndefined());

  test('a status of an older spec says nothing of this one', () => {
    const old = completeCapture();
    old.metadata.generation = 2;
    expect(finished(old)).toBeUndefined();
  });

  test('one that no operator has seen goes on', () => expect(finished({ ...capture(), status: { observedGeneration: -1 } })).toBeUndefined());
});

describe('complete', () => {
  test.each(['UploadIncomplete', 'NodeLost', 'NodeDrained'])('waits on after %s: a late success completes the run', (reason) => {
    const failed = failedCapture({ ...FAILED, Failed: ['True', reason, 'what is on the node is kept'] });
    expect(outcomeOf(failed, 'complete')).toBeUndefined();
    expect(finished(failed)?.exitCode).toBe(EXIT.failed);
  });

  test('ends with a failure that stays one, and with success', () => {
    expect(outcomeOf(failedCapture(), 'complete')?.exitCode).toBe(EXIT.failed);
    expect(outcomeOf(completeCapture(), 'complete')?.exitCode).toBe(EXIT.ok);
  });
});

describe('capturing', () => {
  test('as soon as tcpdump listens', () => {
    expect(outcomeOf(capture(), 'capturing')).toEqual({ exitCode: EXIT.ok, sentence: 'packetcapture/web-resets run 20261120T030512Z-1a2b3c is capturing: tcpdump listens to 1 of 1 targets' });
  });

  test.each(['Pending', 'Starting', 'Suspended'])('%s may still come to it', (phase) =>
    expect(outcomeOf(capture({ status: { phase, conditions: conditions({ Capturing: ['False', 'NotStarted', 'no tcpdump listens yet'] }) } }), 'capturing')).toBeUndefined());

  test('what has ended comes to it no more', () => {
    const over = capture({ status: { phase: 'Uploading', conditions: conditions({ Capturing: ['False', 'Duration', 'it ended by Duration'] }) } });
    expect(outcomeOf(over, 'capturing')).toEqual({ exitCode: EXIT.failed, sentence: 'packetcapture/web-resets run 20261120T030512Z-1a2b3c no longer captures: Duration: it ended by Duration' });
    expect(outcomeOf(completeCapture(), 'capturing')?.exitCode).toBe(EXIT.failed);
    expect(outcomeOf(failedCapture(), 'capturing')?.sentence).toContain('Unschedulable');
  });
});

describe('hostile: terminal', () => {
  test("escapes in a condition's message and in a location → shown as code points", () => {
    const odd = completeCapture({ ...COMPLETE, LossDetected: ['True', 'Gap', 'a \u001B[2J\u009B31m\u202E'] });
    odd.status = { ...odd.status, run: { id: 'x\u001B]52;c;aGk=\u0007', location: 's3://b/\r\nfake' } };
    const { sentence = '' } = finished(odd) ?? {};
    expect(sentence).not.toMatch(/\p{C}/u);
    expect(sentence).toContain('a \\u{1b}[2J\\u{9b}31m\\u{202e}');
  });
});
