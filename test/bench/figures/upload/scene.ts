// Two pods and a destination: a burst of datagrams from one to the other is what a capture has pending at its end.
import { cleanUp, readyDestination } from '../../../e2e/support/destination.js';
import { apply } from '../../../e2e/support/kubectl.js';
import { exec, freshNamespace, IDLE, NODES, pod, python, runningPodIP } from '../../../e2e/support/workload.js';

export const NAMESPACE = 'packetcapture-bench-upload';
const DESTINATION = 'packetcapture-bench-upload';
export const TARGET = 'target';
const PORT = 9100;
export const FILTER = `udp dst port ${PORT}`;

/** Bytes of a pcap record of one datagram: its header, SLL2's, IP's and UDP's. */
const RECORD_BYTES = 16 + 20 + 20 + 8;
const PAYLOAD_BYTES = 1400;
export const PENDING_BYTES = 500e6;
export const PACKETS = Math.ceil(PENDING_BYTES / (RECORD_BYTES + PAYLOAD_BYTES));
const PER_SECOND = 60_000;

/** Takes the port, so that nothing answers, and reads nothing, so that it takes no processor. */
const DEAF = python(`import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", ${PORT}))
while True: time.sleep(1000)`);

const SENDER = `import socket, sys, time
host, count, rate = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((host, ${PORT}))
body = open("/dev/urandom", "rb").read(${PAYLOAD_BYTES})
start = time.monotonic()
for n in range(count):
    s.send(body)
    if n % 50 == 0:
        ahead = start + n / rate - time.monotonic()
        if ahead > 0: time.sleep(ahead)`;

export interface Scene {
  storage: { destinationRef: { name: string } };
  prefix: string;
  /** Resolves when so many datagrams were sent. */
  burst(packets?: number): Promise<void>;
  remove(): Promise<void>;
}

export async function makeScene(): Promise<Scene> {
  await freshNamespace(NAMESPACE);
  await apply(pod(NAMESPACE, TARGET, DEAF, { node: NODES[0] }), pod(NAMESPACE, 'sender', IDLE, { node: NODES[1] }));
  const [address] = await Promise.all([runningPodIP(NAMESPACE, TARGET), runningPodIP(NAMESPACE, 'sender')]);
  return {
    ...(await readyDestination(DESTINATION)),
    prefix: `${DESTINATION}/`,
    burst: async (packets = PACKETS) => void (await exec(NAMESPACE, 'sender', python(SENDER, address, String(packets), String(PER_SECOND)))),
    remove: () => cleanUp(NAMESPACE, DESTINATION),
  };
}
