// What to do: the remedy of each reason that was said, once, and the command that fits the phase.
import { CONDITION } from '../../api/reasons.js';
import { conditionOf } from '../observe/condition.js';
import type { Section, Subject } from './subject.js';
import { remedyOf, sentence } from './words.js';

export function nextSection(subject: Subject): Section | undefined {
  const lines = [...new Set([...reasonsSaid(subject).flatMap((reason) => (remedyOf(reason) === undefined ? [] : [`${reason}: ${sentence(remedyOf(reason) ?? '')}`])), ...commands(subject)])];
  return lines.length === 0 ? undefined : { title: 'What to do', lines };
}

function reasonsSaid({ capture, account }: Subject): string[] {
  const reasonIf = (type: Parameters<typeof conditionOf>[1], ...statuses: string[]): (string | undefined)[] => {
    const found = conditionOf(capture, type);
    return found && statuses.includes(found.status ?? '') ? [found.reason] : [];
  };
  const ready = conditionOf(capture, CONDITION.ready);
  const isArmed = ready?.status === 'True' && capture.status?.run?.id === undefined;
  const said = [
    ...reasonIf(CONDITION.ready, 'False'),
    ...(isArmed ? [ready?.reason] : []),
    ...reasonIf(CONDITION.accepted, 'False'),
    ...reasonIf(CONDITION.delivered, 'False'),
    ...reasonIf(CONDITION.lossDetected, 'True', 'Unknown'),
    ...(conditionOf(capture, CONDITION.capturing)?.reason === 'TargetsLeftOut' ? ['TargetsLeftOut'] : []),
    ...Object.entries(account?.discards ?? {}).flatMap(([reason, packets]) => (packets > 0 ? [reason] : [])),
    ...(capture.status?.targets ?? []).map(({ reason }) => reason),
  ];
  return said.filter((reason) => reason !== undefined);
}

function commands({ capture }: Subject): string[] {
  const { metadata, status } = capture;
  const of = `${metadata.name} -n ${metadata.namespace ?? 'default'}`;
  const fetch = (status?.packets?.uploaded ?? 0) > 0 ? [`Fetch the files: kubectl pktcap download ${of}`] : [];
  const patch = (spec: string): string => `kubectl patch packetcapture ${of} --type=merge -p '{"spec":${spec}}'`;
  const wasListening = status?.run?.captureStartTime !== undefined;
  switch (status?.phase) {
    case 'Capturing':
      return [`Look on: kubectl pktcap watch ${of}`, ...(isRecorder(capture.spec) ? [`Have what the ring holds delivered: kubectl pktcap snapshot ${of}`] : []), ...fetch];
    case 'Starting':
    case 'Uploading':
      return [`Look on: kubectl pktcap watch ${of}`, ...fetch];
    case 'Suspended':
      return [`Go on with it: ${patch('{"suspend":false}')}`, ...fetch];
    case 'Failed':
      return [...fetch, ...(status.run?.id === undefined ? [] : [`Run it again, once that is mended, with any new token: ${patch('{"runToken":"again"}')}`])];
    default:
      return status?.packets?.captured === 0 && wasListening ? ['Check spec.filter and spec.interface, and whether there was any traffic.', ...fetch] : fetch;
  }
}

const isRecorder = (spec: unknown): boolean => (spec as { upload?: { policy?: unknown } } | undefined)?.upload?.policy === 'OnDemand';
