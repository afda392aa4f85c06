// Specs as somebody writes them who wants more than the packets of their own pods. CANARY is a file: whoever makes one has run what a tenant said.
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const CANARY = join(tmpdir(), `canary-${process.pid}`);
/** Of 253 characters at most, as schemas have it for names. */
const ESCAPES = 'web-0\u001b]0;owned\u0007\u001b[2J\u202e\nNAME READY';

export interface HostileSpec {
  attack: string;
  /** Over a spec that is fine. */
  spec: object;
  /** Who says no first: the API server by the schema of the CRD, or the operator by its rules, or by what tcpdump says. The operator always does. */
  refusedBy: 'schema' | 'rule' | 'tcpdump';
}

const one = (refusedBy: HostileSpec['refusedBy'], attack: string, spec: object): HostileSpec => ({ attack, spec, refusedBy });
const each = (refusedBy: HostileSpec['refusedBy'], field: (value: unknown) => object, ...values: unknown[]): HostileSpec[] =>
  values.map((value) => one(refusedBy, `${Object.keys(field('')).join()} ${brief(value)}`, field(value)));

function brief(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 40)}… of ${text.length} characters` : text;
}

const filter = (value: unknown): object => ({ filter: value });
const interfaceName = (value: unknown): object => ({ interface: value });
const pod = (value: unknown): object => ({ target: { podName: value } });
const workload = (ref: object): object => ({ target: { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', ...ref } } });
const labels = (value: unknown): object => ({ target: { podSelector: { matchLabels: value } } });
const expressions = (value: unknown): object => ({ target: { podSelector: { matchExpressions: value } } });
const destination = (ref: object): object => ({ storage: { destinationRef: { name: 'team', ...ref } } });

export const FILTERS: HostileSpec[] = [
  ...each('rule', filter, '-z/bin/sh', `-w${CANARY}`, ' -i any', '--', `-z touch -w ${CANARY}`, '-F /etc/shadow'),
  ...each('rule', filter, `$(touch ${CANARY})`, `\`touch ${CANARY}\``, `tcp; touch ${CANARY}`, `tcp | tee ${CANARY}`, `tcp > ${CANARY}`, `tcp && touch ${CANARY}`, 'port $(KUBERNETES_SERVICE_PORT)'),
  ...each('schema', filter, 'tcp\n-w x', 'tcp\rport 80', 'tcp\u0000', 'tcp\tport 80', 'x'.repeat(65_536), 'tcp or '.repeat(600)),
  ...each('schema', filter, 'port \uff18\uff10', 't\u0441p', 'tcp\u200b', '\u202epct', 'tcp\u0301', '\ud83d\ude00', 'tcp\u2028port 80', 5, ['tcp'], { port: 80 }),
  ...each('rule', filter, 'host metadata.google.internal', 'host kubernetes.default.svc', 'host localhost', 'ether host router', 'gateway router', 'net loopback', 'host 169.254.169.254.nip.io', 'src \\tcp'),
  ...each('rule', filter, '%s%n%s%n'),
  ...each('tcpdump', filter, 'tcp[4294967296] = 1', 'ip[99999999999999999999] = 1', 'ip[0] / 0 = 1', 'ip[0] << 99 = 1', 'vlan 4294967296', '%', '('.repeat(4096), `${'('.repeat(2040)}tcp`, 'portrange 1-99999999999', 'host 999.1.1.1', 'net 10.0.0.0/99', 'ip6 protochain'),
  one('tcpdump', 'filter of more than 4,096 instructions', { filter: Array.from({ length: 235 }, (_, n) => `ip6 host ::${(n + 1).toString(16)}`).join(' or ') }),
];

export const INTERFACES: HostileSpec[] = [
  ...each('schema', interfaceName, `dbus://unixexec:path=/usr/bin/touch,argv1=${CANARY}`, 'nflog:1', 'nfqueue:0', 'any;x', '../eth0', '..', 'bluetooth-monitor0', '-i', '', 'eth0123456789012', '\u0435th0', 'eth0\n', 'eth0\u0000', 'eth\u200b0', 'rpcap://192.0.2.1/eth0', '/dev/net/tun', 'any any', 1),
  ...each('rule', interfaceName, 'usbmon0', 'bluetooth0', 'dbus-system', 'nflog', 'nfqueue', '1', '999999999999999'),
];

export const TARGETS: HostileSpec[] = [
  ...each('rule', pod, '../../kube-system/etcd-0', ESCAPES, 'kube-system/etcd-0', '*', 'web-0,web-1'),
  ...each('schema', pod, 'x'.repeat(254), '', ['web-0']),
  one('schema', 'workloadRef to v1 Secret', workload({ apiVersion: 'v1', kind: 'Secret' })),
  one('schema', 'workloadRef to packetcapture.dev PacketCapture', workload({ apiVersion: 'packetcapture.dev/v1alpha1', kind: 'PacketCapture' })),
  one('schema', 'workloadRef to ../../v1 Node', workload({ apiVersion: '../../v1', kind: 'Node' })),
  one('schema', 'workloadRef of kind constructor', workload({ kind: 'constructor' })),
  one('rule', 'workloadRef to a version that it has not', workload({ apiVersion: 'v1' })),
  ...Array.from({ length: 10 }, (_, n) => one('rule', `workloadRef name "a=b", for a field selector that is refused for ever, ${n + 1} of 10`, workload({ name: 'a=b' }))),
  one('rule', 'workloadRef name "web,metadata.namespace=kube-system"', workload({ name: 'web,metadata.namespace=kube-system' })),
  one('rule', 'workloadRef name "../../secrets/s3"', workload({ name: '../../secrets/s3' })),
  one('rule', 'workloadRef name of escapes', workload({ name: ESCAPES })),
  ...each('rule', labels, { '../..': 'x' }, JSON.parse('{"__proto__":"x"}'), { 'a//b': 'x' }, { app: '\u001b[2J' }, { 'app\n': 'x' }),
  ...each('schema', labels, Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`k${n}`, 'x'])), { app: ['web'] }, { app: 'x'.repeat(64) }),
  ...each('schema', expressions, [{ key: 'app', operator: 'In', values: Array.from({ length: 10_000 }, (_, n) => `v${n}`) }], [{ key: 'app', operator: 'Equals', values: ['x'] }], [null]),
  ...each('rule', expressions, [{ key: '-', operator: 'Exists' }], [{ key: 'app', operator: 'In', values: ['$(id)'] }]),
  one('schema', 'target as a string', { target: 'web-0' }),
  one('schema', 'maxTargets 1e9', { target: { podSelector: {}, maxTargets: 1e9 } }),
];

export const REFERENCES: HostileSpec[] = [
  one('schema', 'destinationRef to a Secret', destination({ kind: 'Secret' })),
  one('rule', 'destinationRef name "../../secrets/s3"', destination({ name: '../../secrets/s3' })),
  one('rule', 'destinationRef name of escapes', destination({ name: ESCAPES })),
  one('schema', 'runToken of 1 MiB', { runToken: 'x'.repeat(2 ** 20) }),
  one('schema', 'runToken as an object', { runToken: { toString: 'x' } }),
  one('schema', 'upload.policy "Sometimes"', { upload: { policy: 'Sometimes' } }),
  one('schema', 'upload.compression "../../bin/sh"', { upload: { compression: '../../bin/sh' } }),
  one('schema', 'suspend "yes"', { suspend: 'yes' }),
];

export const NUMBERS: HostileSpec[] = [
  ...each('schema', (value) => ({ bufferSize: value }), '-1', '0x10', 'NaN', '\u0661\u0660', '1 Gi', '1Gi\n', '9'.repeat(65), 1e30, -1.5, true),
  ...each('rule', (value) => ({ bufferSize: value }), '1e30', '9223372036854775808', '1Ei', 0, -1),
  ...each('schema', (value) => ({ snapLength: value }), -1, 1e308, 2 ** 63, 262_145, '96'),
  ...each('schema', (value) => ({ maxPackets: value }), 0, -(2 ** 63), 1.5),
  ...each('schema', (value) => ({ duration: value }), '-5m', '1e9h', '.', ' ', '', '\u0661m', '5m\n', '9'.repeat(65), 300),
  ...each('rule', (value) => ({ duration: value }), '9999999999999999h', '0s'),
  ...each('rule', (value) => ({ ring: { rotateInterval: value } }), '0s', '1ns'),
  ...each('rule', (value) => ({ ring: { fileSize: value } }), '0', '1e99', '999999'),
  ...each('schema', (value) => ({ ring: { files: value } }), 0, -1, 100_001),
  ...each('rule', (value) => ({ spool: { maxSize: value } }), '1', '10P', 0),
];

export const KINDS: [kind: string, specs: HostileSpec[]][] = [
  ['filter', FILTERS],
  ['interface', INTERFACES],
  ['target', TARGETS],
  ['reference', REFERENCES],
  ['number', NUMBERS],
];
