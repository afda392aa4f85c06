// Pods that prove what they received: a collector sends each of them numbered datagrams, and notes the numbers that they answer.
import { eventually } from '../../integration/eventually.js';
import { apply } from './kubectl.js';
import { exec, pod, python, runningPodIP } from './workload.js';

export const ECHO_PORT = 9100;

/** A number that a pod has received for certain, and when it was sent to it. */
export interface Received {
  podName: string;
  number: number;
  sentMs: number;
}

/** Answers each greeting with the next number; each number that comes back is a line: pod, number, time of sending. */
const COLLECTOR = python(`
import itertools, socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", ${ECHO_PORT}))
sent, received = {}, open("/tmp/received", "a", buffering=1)
numbers = itertools.count()
while True:
    data, peer = s.recvfrom(2048)
    word, name, *rest = data.decode().split()
    if word == "hello":
        number = next(numbers)
        sent[number] = time.time()
        s.sendto(b"%010d" % number + bytes(200), peer)
    elif int(rest[0]) in sent:
        received.write(f"{name} {rest[0]} {sent.pop(int(rest[0])) * 1000}\\n")
`);

/** What the pods run: greets fifty times a second, and sends each number back. */
export const echoing = (collectorIP: string): string[] =>
  python(
    `
import os, socket, sys, threading, time
peer, name = (sys.argv[1], ${ECHO_PORT}), os.uname().nodename
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", ${ECHO_PORT}))
def greet():
    while True:
        s.sendto(f"hello {name}".encode(), peer)
        time.sleep(0.02)
threading.Thread(target=greet, daemon=True).start()
while True: s.sendto(f"got {name} ".encode() + s.recv(2048)[:10], peer)
`,
    collectorIP,
  );

/** IP of a new collector. */
export async function startCollector(namespace: string, name: string): Promise<string> {
  await apply(pod(namespace, name, COLLECTOR));
  return runningPodIP(namespace, name);
}

export async function received(namespace: string, collector: string): Promise<Received[]> {
  const lines = (await exec(namespace, collector, ['cat', '/tmp/received'])).split('\n');
  return lines.slice(0, -1).map((line) => {
    const [podName = '', number, sentMs] = line.split(' ');
    return { podName, number: Number(number), sentMs: Number(sentMs) };
  });
}

/** Resolves once so many pods have received something. */
export const heardFrom = (namespace: string, collector: string, pods: number): Promise<unknown> =>
  eventually(`${pods} pods answered`, async () => new Set((await received(namespace, collector)).map(({ podName }) => podName)).size >= pods, { timeoutMs: 60_000, everyMs: 500 });
