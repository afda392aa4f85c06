// Pods under test: those that are captured, and those that talk to them.
import { eventually } from '../../integration/eventually.js';
import { apply, get, kubectl } from './kubectl.js';

const IMAGE = process.env['E2E_IMAGE'] ?? 'localhost/toolbox:dev';
export const NODES = (process.env['SANDBOX_NODES'] ?? '').split(' ').filter((node) => node !== '');

/** A namespace of its own for a test file, without what an earlier run left. */
export async function freshNamespace(name: string): Promise<void> {
  await kubectl(['delete', 'namespace', name, '--ignore-not-found', '--timeout=150s']);
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  // The API server refuses pods until the namespace has its service account.
  await eventually(`service account of ${name}`, () => get('serviceaccount', name, 'default'));
}

export const pod = (namespace: string, name: string, command: string[], overrides: { node?: string | undefined; labels?: object; spec?: object; container?: object } = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, ...(overrides.labels && { labels: overrides.labels }) },
  spec: {
    terminationGracePeriodSeconds: 0,
    automountServiceAccountToken: false,
    ...(overrides.node !== undefined && { nodeName: overrides.node }),
    containers: [{ name: 'main', image: IMAGE, imagePullPolicy: 'IfNotPresent', command, ...overrides.container }],
    ...overrides.spec,
  },
});

/** Of a pod as Pod Security's `restricted` wants it: overrides for `pod`. */
export const RESTRICTED = {
  spec: { securityContext: { runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, seccompProfile: { type: 'RuntimeDefault' } } },
  container: { securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } } },
};

export const python = (script: string, ...args: string[]): string[] => ['python3', '-uc', script, ...args];
export const IDLE = ['sleep', '100000'];

/** Receives datagrams on a port and answers HTTP on 8080. */
export const RECEIVER = python(`
import http.server, socket, sys, threading
def listen(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("", port))
    while True: s.recv(2048)
for port in (9000, 9001): threading.Thread(target=listen, args=(port,), daemon=True).start()
class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"hello\\n")
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("", 8080), Hello).serve_forever()
`);

/** Sends datagrams numbered one by one, at a rate, to one port: 10 digits, then padding up to 500 bytes. */
const SENDER = `
import socket, sys, time
host, port, count, rate, first = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
start = time.monotonic()
for n in range(count):
    s.sendto(b"%010d" % (first + n) + bytes(490), (host, port))
    ahead = start + n / rate - time.monotonic()
    if ahead > 0: time.sleep(ahead)
print("sent", count)
`;

export const sendNumbers = (host: string, port: number, count: number, rate: number, first = 0): string[] => python(SENDER, host, String(port), String(count), String(rate), String(first));

interface PodStatus {
  metadata: { uid: string };
  spec: { nodeName: string };
  status: { phase: string; podIP?: string; containerStatuses?: { ready: boolean; restartCount: number }[] };
}

export const podStatus = (namespace: string, name: string): Promise<PodStatus | undefined> => get<PodStatus>('pod', namespace, name);

/** IP of a pod, as soon as it runs. */
export async function runningPodIP(namespace: string, name: string): Promise<string> {
  return eventually(`pod ${name} runs`, async () => {
    const status = (await podStatus(namespace, name))?.status;
    return status?.phase === 'Running' && status.containerStatuses?.every((c) => c.ready) ? status.podIP : undefined;
  }, { timeoutMs: 60_000, everyMs: 200 });
}

/** Runs a command in a pod of its own and returns once it ended well. */
export async function runToEnd(namespace: string, name: string, command: string[], node?: string): Promise<void> {
  await apply(pod(namespace, name, command, { node, spec: { restartPolicy: 'Never' } }));
  await eventually(`pod ${name} ended`, async () => {
    const phase = (await podStatus(namespace, name))?.status.phase;
    if (phase === 'Failed') throw new Error(`pod ${name} failed`);
    return phase === 'Succeeded';
  }, { timeoutMs: 120_000, everyMs: 300 });
}

export const exec = (namespace: string, name: string, command: string[]): Promise<string> => kubectl(['exec', '-n', namespace, name, '--', ...command]);
