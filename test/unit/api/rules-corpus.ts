// Specs that keep and break every rule: what the operator's rules and their CEL are both asked about.
import fc from 'fast-check';

export type RawSpec = Record<string, unknown>;

const QUANTITIES = [
  ...[0, 1, 63, 999_999, 1_000_000, 1_000_001, 7_999_999, 8_000_000, 65_535, 65_536, 2_147_482_624, 2_147_482_625, 2_147_483_648, 2 ** 53 - 1, 9_007_199_254_000_000, -1],
  ...'0 0.0 1 01 00000000001 1. .5 0.5 1.5 1.0 1.10 64Ki 63.99Ki 64.0Ki 65536 65535.9 1M 1.M 1.0M 1.5M 0.5M 10M 10Mi 1000k 999.9k 1e6 1E6 1e7 10e5 0.1e7 1.5e6 1e0 1e00'.split(' '),
  ...'8M 7.9M 7999999 7.999999M 8Mi 1Gi 1.5Gi 0.3Gi 1.1G 1.1Gi 2Gi 2147482624 2147482625 1.9999990463256836Gi 100Ti 1024Ti 1P 1Pi 8P 8.999P 9P 9.007199254740991P 9.007199254740992P'.split(' '),
  ...'9007199254740991 9007199254740992 9007199254740991.0 9007199254740991.5 5844767787361483.0 5844767787361483.1 5844767787361483000.0 1E 1Ei 1e15 1e16 1e99 0e99 99999999999999999999 0.0000000001 1.0000000001 0.00000095367431640625Mi'.split(' '),
  `${'0'.repeat(63)}1`,
  `0.${'0'.repeat(60)}1`,
  `1.${'0'.repeat(62)}`,
];

const DURATIONS = [
  ...'0 0s 0.0s 00s 0h0m0s 1ns 0.9ns 0.1ns 1us 1µs 1ms 999ms 999.999999ms 1s 1.s 1000ms 1.0s 1.000000001s 1.0000000001s 1.5s 2s 30s 59.999999999s 60s 1m 1.5m 0.1m 0.01m 1m0.5s 1h 0.7h 1.1h 0.0001h 9800h3ns 5m 300s'.split(' '),
  ...'1h30m 1h1m1s1ms 999ms1ms 500ms500ms 1000000000ns 999999999ns 1000000us 2562047h 2562047h47m16s 2562047h47m16.854775807s 2562047h47m16.854775808s 2562048h 9999999h 9223372036s 9223372037s 9223372036854775807ns 9223372036854775808ns'.split(' '),
  ...'0.3333333333333333333h 0.1000000000000000h 0.999999999999999999999s 99999999999999999999h 00000001h 0.00000000000000000000001h 5 s 1d -5m'.split(' '),
  `${'0'.repeat(62)}1s`,
];

const INTERFACES = ['any', 'eth0', 'lo', 'a', '_', '0', '12345', '0x1', '1a', 'eth0.100', 'bond-1', 'nflog', 'nflog:1', 'nflog1', 'nflog-1', 'nflogx', 'nfqueue', 'nfqueue2', 'usbmon', 'usbmon0', 'usbmonx', 'bluetooth', 'bluetooth0', 'bluetooth-monit', 'dbus', 'dbus-system', 'dbus-session', 'rpcap', 'rpcaps', 'dag', 'dag0', 'dagger', 'snf0', 'snfx', 'septel0', 'nt3g', 'rdma', 'rdma0', 'rdmax', 'Any', 'NFLOG', 'éth0', 'eth 0', '', '-i', 'dbus://x', 'a123456789012345', 'a12345678901234'];

const FILTERS = ['', ' ', 'tcp', 'tcp port 8080', ' tcp', '-w /tmp/x', '  -w /tmp/x', 'tcp -w', '- ', 'len - 1 > 0', 'host db', 'host 10.0.0.1', 'not port 22', '!tcp', '(tcp)', 'ip6 host ::1', 'é', 'tcp\n', 'x'.repeat(4096), 'x'.repeat(4097)];

const RINGS: RawSpec[] = [
  ...[1, 2, 5, 100_000, 0, 100_001].flatMap((files) => [{ files }, { files, fileSize: '10M' }, { files, rotateInterval: '30s' }, { files, fileSize: 1_000_000, rotateInterval: '1s' }, { files, fileSize: '500k' }]),
  {},
  { fileSize: '1M' },
  { rotateInterval: '1s' },
];

const POD = { podName: 'web-0' };
const WORKLOAD = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const SELECTOR = { matchLabels: { app: 'web' } };

const LABEL_KEYS = [...'app a A 1 a.b a_b a-b app.kubernetes.io/name a/b a.b/c Upper.io/x a/b/c /x x/ / a//b -a a- .a a. _a a_/b a..b/c -a/b a-/b é constructor'.split(' '), '', ' ', 'a b', 'app\n', 'a'.repeat(63), 'a'.repeat(64), `${'a'.repeat(63)}/x`, `${'a'.repeat(64)}/x`, `${'a.'.repeat(126)}a/x`, `${'a.'.repeat(126)}ab/x`, `${'a.'.repeat(126)}a/${'x'.repeat(63)}`];
const LABEL_VALUES = [...'web a A 1 a.b a_b a-b a/b -a a- .a a. _ é'.split(' '), '', ' ', 'a b', 'web\n', 'a'.repeat(63)];
const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

const SELECTORS: RawSpec[] = [
  {},
  { matchLabels: {} },
  { matchExpressions: [] },
  ...LABEL_KEYS.flatMap((key) => [{ matchLabels: { [key]: 'web' } }, { matchExpressions: [{ key, operator: 'Exists' }] }]),
  ...LABEL_VALUES.flatMap((value) => [{ matchLabels: { app: value } }, { matchLabels: { tier: 'x', app: value } }, { matchExpressions: [{ key: 'app', operator: 'In', values: ['x', value] }] }]),
  ...OPERATORS.flatMap((operator) => [undefined, [], ['a'], ['a', 'b'], ['-']].map((values) => ({ matchExpressions: [{ key: 'app', operator: 'Exists' }, { key: 'app', operator, ...(values && { values }) }] }))),
  { matchLabels: { app: 'web' }, matchExpressions: [{ key: '-', operator: 'Exists' }] },
  { matchLabels: { app: '-' }, matchExpressions: [{ key: 'app', operator: 'Exists' }] },
];

const NAMES = [...'web-0 a 0 a.b a-.b a.-b a..b .a a. -a a- A web_0 web=0 web,x=y ../web web/0 é'.split(' '), ' ', 'web 0', 'web\n', '\u001b[2J', 'a'.repeat(253)];

const TARGETS: RawSpec[] = [
  {},
  { maxTargets: 5 },
  ...[{}, { podName: 'web-0' }].flatMap((pod) => [{}, { podSelector: SELECTOR }, { podSelector: {} }].flatMap((selector) => [{}, { workloadRef: WORKLOAD }].map((workload) => ({ ...pod, ...selector, ...workload })))),
  ...SELECTORS.map((podSelector) => ({ podSelector })),
  ...NAMES.flatMap((name) => [{ podName: name }, { workloadRef: { ...WORKLOAD, name } }]),
  ...['apps/v1', 'batch/v1', 'v1', 'apps/v1beta1'].flatMap((apiVersion) =>
    ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'Service', 'CronJob'].map((kind) => ({ workloadRef: { apiVersion, kind, name: 'web' } })),
  ),
];

/** What is not said has its default. */
export const CORPUS: RawSpec[] = [
  ...TARGETS.map((target) => ({ target })),
  ...[
    {},
    ...QUANTITIES.flatMap((value) => [{ bufferSize: value }, { maxSize: value }, { ring: { fileSize: value } }, { spool: { maxSize: value } }]),
    ...DURATIONS.flatMap((value) => [{ duration: value }, { duration: value, upload: { policy: 'OnDemand' } }, { ring: { rotateInterval: value } }]),
    ...INTERFACES.map((value) => ({ interface: value })),
    ...FILTERS.map((value) => ({ filter: value })),
    ...RINGS.map((ring) => ({ ring })),
    ...NAMES.map((name) => ({ storage: { destinationRef: { name } } })),
    { interface: 'nflog', filter: '-w', bufferSize: 1, duration: '0', maxSize: 0, ring: { files: 1 }, spool: { maxSize: 1 } },
  ].map((spec) => ({ target: POD, ...spec })),
];

const digits = (most: number): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: most });
const number = (whole: number, fraction: number): fc.Arbitrary<string> => fc.tuple(digits(whole), fc.option(digits(fraction), { nil: undefined })).map(([a, b]) => (b === undefined ? a : `${a}.${b}`));

const quantity = fc.oneof(
  fc.integer({ min: -1, max: 2 ** 53 - 1 }),
  fc.integer({ min: 0, max: 3_000 }).map((n) => n * 1_000_000),
  fc.tuple(number(17, 20), fc.constantFrom(...['', 'k', 'M', 'G', 'T', 'P', 'E', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'e0', 'e3', 'E06', 'e12', 'e99'])).map((parts) => parts.join('')),
  fc.tuple(number(4, 9), fc.constantFrom('k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e6')).map((parts) => parts.join('')),
);
const term = fc.tuple(number(4, 9), fc.constantFrom('ns', 'us', 'µs', 'ms', 's', 'm', 'h')).map((parts) => parts.join(''));
const duration = fc.oneof(
  fc.array(term, { minLength: 1, maxLength: 4 }).map((terms) => terms.join('')),
  fc.integer({ min: 0, max: 100_000 }).map((n) => `${n}s`),
  fc.tuple(digits(20), fc.constantFrom('ns', 's', 'h')).map((parts) => parts.join('')),
);
const word = fc.string({ unit: fc.constantFrom(...'abnflogdusr-_.:01'), minLength: 1, maxLength: 15 });

const label = fc.oneof(fc.constantFrom(...LABEL_KEYS, ...LABEL_VALUES), fc.string({ unit: fc.constantFrom(...'aZ0-_./'), maxLength: 8 }));
const selector = fc.record(
  {
    matchLabels: fc.dictionary(label, label, { maxKeys: 3 }),
    matchExpressions: fc.array(fc.record({ key: label, operator: fc.constantFrom(...OPERATORS), values: fc.array(label, { maxLength: 3 }) }, { requiredKeys: ['key', 'operator'] }), { maxLength: 3 }),
  },
  { requiredKeys: [] },
);
const target = fc.oneof(fc.constantFrom(POD, ...TARGETS), selector.map((podSelector) => ({ podSelector })), fc.record({ podName: fc.constant('web-0'), podSelector: selector, workloadRef: fc.constant(WORKLOAD) }, { requiredKeys: [] }));

/** Any spec of the shape, its values well spelled for the most part. */
export const anySpec: fc.Arbitrary<RawSpec> = fc.record(
  {
    target,
    interface: fc.oneof(fc.constantFrom(...INTERFACES), word),
    filter: fc.oneof(fc.constantFrom(...FILTERS), fc.string({ maxLength: 40 })),
    bufferSize: quantity,
    duration,
    maxSize: quantity,
    ring: fc.record({ files: fc.integer({ min: 1, max: 4 }), fileSize: quantity, rotateInterval: duration }, { requiredKeys: [] }),
    spool: fc.record({ maxSize: quantity }, { requiredKeys: [] }),
    upload: fc.record({ policy: fc.constantFrom('Continuous', 'OnDemand') }, { requiredKeys: [] }),
  },
  { requiredKeys: ['target'] },
);
