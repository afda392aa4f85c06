// The rules that the schema cannot say: each with the value and the fix, as a user reads it.
import { describe, expect, test } from '@jest/globals';
import { parseCaptureSpec } from '../../../src/api/capture-spec.js';
import { RULES } from '../../../src/api/rules.js';

const problems = (spec: Record<string, unknown>): string[] | undefined => parseCaptureSpec({ target: { podName: 'web-0' }, ...spec }).problems;

test('a target alone is a whole spec', () => {
  expect(parseCaptureSpec({ target: { podName: 'web-0' } })).toEqual({
    spec: {
      target: { podName: 'web-0' },
      maxTargets: 10,
      interface: 'any',
      filter: '',
      snapLength: 262_144,
      bufferSizeBytes: 32 * 2 ** 20,
      durationMs: 300_000,
      ring: {},
      spool: { maxSizeBytes: 2 ** 30 },
      upload: { policy: 'Continuous', compression: 'None' },
      suspend: false,
      runToken: '',
    },
  });
});

test('another spelling is the same spec', () => {
  const spelled = (duration: string, fileSize: string | number) => parseCaptureSpec({ target: { podName: 'web-0' }, duration, ring: { fileSize } }).spec;
  expect(spelled('5m', '10M')).toEqual(spelled('300s', 10_000_000));
});

describe('a broken rule says', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['that nothing is named', { target: {} }, 'spec.target names nothing: add one of podName, podSelector and workloadRef, for example "podName: web-0"'],
    ['that two are named', { target: { podName: 'web-0', podSelector: {} } }, 'spec.target has podName and podSelector: keep one of them, or make a capture of each'],
    ['that a key is none', { target: { podSelector: { matchLabels: { 'a b': 'x' } } } }, 'spec.target.podSelector.matchLabels "a b": is no key of a label; write for example "app" or "app.kubernetes.io/name"'],
    ['that a value is none', { target: { podSelector: { matchLabels: { app: '-x' } } } }, 'spec.target.podSelector.matchLabels "-x": is no value of a label: letters, digits, "-", "_" and "." only, beginning and ending with a letter or digit'],
    ['that values are missing', { target: { podSelector: { matchExpressions: [{ key: 'app', operator: 'In' }] } } }, 'spec.target.podSelector.matchExpressions[0] In: needs one or more values; add for example "values: [web]"'],
    ['that values are too many', { target: { podSelector: { matchExpressions: [{ key: 'app', operator: 'Exists', values: ['x'] }] } } }, 'spec.target.podSelector.matchExpressions[0] Exists: takes no values; remove them, or use In'],
    ['which version a kind is of', { target: { workloadRef: { apiVersion: 'v1', kind: 'Job', name: 'x' } } }, 'spec.target.workloadRef.apiVersion "v1": a Job is of "batch/v1"; use that'],
    ['that a name is none', { target: { podName: 'web_0' } }, 'spec.target.podName "web_0": is no name that a pod can have: lower-case letters, digits, "-" and "." only, beginning and ending with a letter or digit'],
    ['that zod leaves a key out', { target: { podSelector: { matchLabels: JSON.parse('{"__proto__":"x"}') as object } } }, 'spec.target.podSelector.matchLabels "__proto__": is no key of a label; write for example "app"'],
    ['which interface', { interface: '1' }, `spec.interface "1": a bare number is an index into tcpdump's list of devices, not a name; use "any", or the name of an interface of the pod such as "eth0"`],
    ['which word', { filter: 'host db' }, 'spec.filter "db" could be a host name, which would be looked up in DNS; use an IP address, and see pcap-filter(7) for the words of the language'],
    ['what a filter may not begin with', { filter: '-w /x' }, 'spec.filter "-w /x": begins with "-", which tcpdump would take for an option; begin with an expression such as "tcp port 8080"'],
    ['that a duration is none', { duration: '0s' }, 'spec.duration "0s": only a flight recorder captures until it is stopped; write for example "5m", or add "upload: {policy: OnDemand}"'],
    ['that a duration is too long', { duration: '9999999h' }, 'spec.duration "9999999h": is no duration below 292 years; write for example "5m"'],
    ['that a file size is too small', { ring: { fileSize: '500k' } }, 'spec.ring.fileSize "500k": must be a whole multiple of 1M (tcpdump counts in 1,000,000 bytes); use "1M"'],
    ['that a file size is no multiple', { ring: { fileSize: '10Mi' } }, 'spec.ring.fileSize "10Mi": must be a whole multiple of 1M (tcpdump counts in 1,000,000 bytes); use "10M" or "11M"'],
    ['that an interval is no whole second', { ring: { rotateInterval: '1500ms' } }, `spec.ring.rotateInterval "1500ms": must be whole seconds, at least 1s (tcpdump's -G counts in seconds); use "2s"`],
    ['that a count needs a size or an interval', { ring: { files: 5 } }, 'spec.ring.files 5: without fileSize or rotateInterval there is only ever one file; add for example "fileSize: 10M"'],
    ['that one file is too few', { ring: { files: 1, fileSize: '1M' } }, 'spec.ring.files 1: the open file is one of them, so a closed one could never wait for delivery; use 2 or more'],
    ['that a spool is too small', { spool: { maxSize: '1M' } }, `spec.spool.maxSize "1M": is too small: a file is closed at a quarter of it, and tcpdump's smallest file is 1M; use at least "8M"`],
    ['that a buffer is too small', { bufferSize: 1 }, 'spec.bufferSize 1: is less than 64Ki, too small to hold packets until tcpdump reads them; use "32Mi"'],
    ['that a buffer is too large', { bufferSize: '2Gi' }, 'spec.bufferSize "2Gi": is more than tcpdump can ask for; use at most "1Gi"'],
    ['that a limit is no number of bytes', { maxSize: '0.1' }, 'spec.maxSize "0.1": is no whole number of bytes below 9P; write for example "1Gi"'],
    ['that a limit of nothing is none', { maxSize: 0 }, 'spec.maxSize 0: must be at least 1 byte; leave the field out for no limit'],
  ])('%s', (_, spec, sentence) => {
    expect(problems(spec)).toEqual([sentence]);
  });
});

test('all that is wrong is said at once', () => {
  expect(problems({ filter: 'foo', duration: '0', ring: { fileSize: '1' } })).toHaveLength(3);
});

test('what the schema refuses is told with its field', () => {
  expect(problems({ snapLength: 1 })).toEqual([expect.stringMatching(/^spec\.snapLength: /)]);
  expect(parseCaptureSpec(undefined).problems).toHaveLength(1);
});

test('every rule is of a field of the spec, and says what it demands', () => {
  for (const rule of RULES) {
    expect(rule.field).toMatch(/^spec\./);
    expect(rule.demands).not.toBe('');
  }
});
