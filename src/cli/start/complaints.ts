// What the rules of the API find wrong with a spec, in the words of the flags that made it.
import { parseCaptureSpec } from '../../api/capture-spec.js';
import type { WrittenSpec } from './spec.js';

/** The longest path first. */
const FLAG_OF: [path: string, flag: string][] = [
  ['target.podName', 'TARGET'],
  ['target.workloadRef', 'TARGET'],
  ['target.podSelector', '-l'],
  ['target.maxTargets', '--max-targets'],
  ['target', 'TARGET'],
  ['interface', '--interface'],
  ['filter', '--filter'],
  ['snapLength', '--snap-length'],
  ['bufferSize', '--buffer-size'],
  ['duration', '--duration'],
  ['maxSize', '--max-size'],
  ['maxPackets', '--max-packets'],
  ['ring', '--ring'],
  ['spool', '--spool'],
  ['upload.compression', '--compression'],
  ['storage', '--destination'],
];

/** Fixes that speak of fields. */
const IN_FLAGS: [said: string, instead: string][] = [
  ['add "upload: {policy: OnDemand}"', 'make it one with --recorder'],
  ['add for example "fileSize: 10M"', 'write for example 10M/5'],
  ['without fileSize or rotateInterval', 'without the size of a file or the time that it covers'],
  ['leave the field out', 'leave the flag out'],
];

/** None where the operator would accept the spec. */
export function complaints(spec: WrittenSpec): string[] {
  const { problems = [] } = parseCaptureSpec(spec);
  return problems.map((problem) => inFlags(spec, problem));
}

function inFlags(spec: WrittenSpec, problem: string): string {
  const [, path = '', rest = ''] = /^spec\.([A-Za-z0-9_.[\]]*)(.*)$/s.exec(problem) ?? [];
  const [field, flag] = FLAG_OF.find(([prefix]) => path === prefix || path.startsWith(`${prefix}.`) || path.startsWith(`${prefix}[`)) ?? [path, `spec.${path}`];
  // The schema's own sentences show no value.
  const value = rest.startsWith(':') ? valueAt(spec, field) : undefined;
  const text = `${flag}${value === undefined ? '' : ` ${JSON.stringify(value)}`}${rest}`;
  return IN_FLAGS.reduce((said, [field, instead]) => said.replaceAll(field, instead), text);
}

function valueAt(spec: object, path: string): unknown {
  const value = path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], spec);
  return typeof value === 'object' ? undefined : value;
}
